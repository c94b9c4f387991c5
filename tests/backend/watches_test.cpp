// SPDX-License-Identifier: MIT
//
// What watches the streams for single words: SudoWatch and AnswerLine.
#include <gtest/gtest.h>

#include "backend/answer_line.h"
#include "backend/sudo_watch.h"

namespace om::backend {
namespace {

const std::string kNonce = "00112233445566778899aabbccddeeff";

TEST(SudoWatchTest, EverySplitFindsTheShellAndKeepsTheRest) {
  const std::string stream = "lecture\n" + kNonce + ":R\n" + "rest";
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    SudoWatch watch(kNonce);
    std::string rest = watch.feed(stream.substr(0, i));
    rest += watch.feed(stream.substr(i));
    EXPECT_EQ(watch.state(), SudoState::through);
    EXPECT_EQ(rest, "rest") << i;
    EXPECT_EQ(watch.said(), "lecture\n");
  }
}

TEST(SudoWatchTest, EverySplitFindsThePrompt) {
  const std::string stream = "lecture\n" + kNonce + ":P";
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    SudoWatch watch(kNonce);
    watch.feed(stream.substr(0, i));
    watch.feed(stream.substr(i));
    EXPECT_EQ(watch.state(), SudoState::prompted);
    EXPECT_EQ(watch.said(), "lecture\n");
  }
}

TEST(SudoWatchTest, TalkIsBoundedAndItsEndKept) {
  SudoWatch watch(kNonce);
  for (int i = 0; i < 1000; ++i) watch.feed("0123456789012345678901234567890123456789");
  watch.feed("the end");
  EXPECT_EQ(watch.state(), SudoState::waiting);
  EXPECT_LE(watch.said().size(), 16U * 1024);
  EXPECT_TRUE(watch.said().ends_with("the end"));
  EXPECT_EQ(watch.feed(kNonce + ":R\nx"), "x");
}

TEST(AnswerLineTest, EverySplitFindsTheAnswerAmongNoise) {
  const std::string stream = "motd " + kNonce + " " + kNonce + ":F:at /tmp/x y\nmore\n";
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    AnswerLine line(kNonce, 'F');
    line.feed(stream.substr(0, i));
    line.feed(stream.substr(i));
    ASSERT_TRUE(line.answer()) << i;
    EXPECT_EQ(*line.answer(), "at /tmp/x y");
  }
}

TEST(AnswerLineTest, HasNoAnswerBeforeItsEndNorOfAnotherKindNorWithoutEnd) {
  AnswerLine line(kNonce, 'F');
  line.feed(kNonce + ":K:was 1\n" + kNonce + ":F:at /tmp");
  EXPECT_FALSE(line.answer());
  line.feed(std::string(100'000, 'x'));
  line.feed("\n");
  EXPECT_FALSE(line.answer());
}

}  // namespace
}  // namespace om::backend
