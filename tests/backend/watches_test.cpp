// SPDX-License-Identifier: MIT
//
// What watches the streams for single words: BecomeWatch and AnswerLine.
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "backend/answer_line.h"
#include "backend/become_watch.h"

namespace om::backend {
namespace {

const std::string kNonce = "00112233445566778899aabbccddeeff";

Bootstrap become(BecomeMethod method) {
  Bootstrap bootstrap{kNonce};
  bootstrap.become = "app";
  bootstrap.method = method;
  return bootstrap;
}

BecomeWatch watch_of(BecomeMethod method, const std::vector<std::string_view>& words) {
  BecomeWatch watch(become(method));
  for (const std::string_view word : words) watch.feed(Stream::err, word);
  return watch;
}

const std::string kBegun = "motd\n" + kNonce + ":S\n";

TEST(BecomeWatchTest, EverySplitFindsTheShellAndKeepsTheRest) {
  const std::string stream = kBegun + "lecture\n" + kNonce + ":R\n" + "rest";
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    BecomeWatch watch(become(BecomeMethod::sudo));
    std::string rest = watch.feed(Stream::err, stream.substr(0, i));
    rest += watch.feed(Stream::err, stream.substr(i));
    EXPECT_EQ(watch.state(), BecomeState::through);
    EXPECT_EQ(rest, "rest") << i;
    EXPECT_EQ(watch.said(), "lecture\n");
  }
}

TEST(BecomeWatchTest, EverySplitFindsSudosPrompt) {
  const std::string stream = kBegun + "lecture\n" + kNonce + ":P";
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    const std::string_view view = stream;
    const BecomeWatch watch = watch_of(BecomeMethod::sudo, {view.substr(0, i), view.substr(i)});
    EXPECT_EQ(watch.state(), BecomeState::prompted);
    EXPECT_EQ(watch.said(), "lecture\n");
  }
}

TEST(BecomeWatchTest, OtherPromptsAreALastLineThatSpeaksOfAPassword) {
  for (const BecomeMethod method : {BecomeMethod::su, BecomeMethod::doas}) {
    for (const char* prompt : {"Password: ", "doas (joe@web1) password: ", "Passphrase:"}) {
      EXPECT_EQ(watch_of(method, {kBegun, prompt}).state(), BecomeState::prompted) << prompt;
    }
    for (const char* talk : {"Your password expires.\n", "Verification code: ", "Pass"}) {
      EXPECT_EQ(watch_of(method, {kBegun, talk}).state(), BecomeState::waiting) << talk;
    }
    EXPECT_EQ(watch_of(method, {"the profile asks: Password: "}).state(), BecomeState::silent);
  }
}

TEST(BecomeWatchTest, PromptMayComeOnTheOtherStream) {
  BecomeWatch watch = watch_of(BecomeMethod::su, {kBegun});
  watch.feed(Stream::out, "Password: ");
  EXPECT_EQ(watch.state(), BecomeState::prompted);
}

TEST(BecomeWatchTest, SecondPromptIsAnotherState) {
  BecomeWatch sudo = watch_of(BecomeMethod::sudo, {kBegun, kNonce + ":P"});
  sudo.note_answer();
  sudo.feed(Stream::err, "\nSorry, try again.\n");
  EXPECT_EQ(sudo.state(), BecomeState::answered);
  sudo.feed(Stream::err, kNonce + ":P");
  EXPECT_EQ(sudo.state(), BecomeState::asked_again);
  EXPECT_EQ(sudo.said(), "\nSorry, try again.\n");
  BecomeWatch su = watch_of(BecomeMethod::su, {kBegun, "Password: "});
  su.note_answer();
  su.feed(Stream::err, "\nYour password has expired.\nNew password: ");
  EXPECT_EQ(su.state(), BecomeState::asked_again);
}

TEST(BecomeWatchTest, WhatWasSaidBeforeIsOnlyToldWhereNothingElseIs) {
  EXPECT_EQ(watch_of(BecomeMethod::sudo, {kBegun}).said(), "motd\n");
  EXPECT_EQ(watch_of(BecomeMethod::sudo, {kBegun, "no\n"}).said(), "no\n");
  EXPECT_EQ(watch_of(BecomeMethod::sudo, {"restricted\n"}).said(), "restricted\n");
}

TEST(BecomeWatchTest, RefusalsForWantOfATerminalAreKnown) {
  const auto wants = [](BecomeMethod method, const char* words) {
    return watch_of(method, {kBegun, words}).wants_terminal();
  };
  EXPECT_TRUE(wants(BecomeMethod::sudo, "sudo: sorry, you must have a tty to run sudo\n"));
  EXPECT_TRUE(wants(BecomeMethod::su, "su: must be run from a terminal\n"));
  EXPECT_TRUE(wants(BecomeMethod::doas, "doas: Authentication required\n"));
  EXPECT_FALSE(wants(BecomeMethod::sudo, "joe is not in the sudoers file.\n"));
  EXPECT_FALSE(wants(BecomeMethod::doas, "doas: Operation not permitted\n"));
}

TEST(BecomeWatchTest, TalkIsBoundedAndItsEndKept) {
  BecomeWatch watch(become(BecomeMethod::sudo));
  watch.feed(Stream::err, kBegun);
  for (int i = 0; i < 1000; ++i) {
    watch.feed(Stream::err, "0123456789012345678901234567890123456789");
  }
  watch.feed(Stream::err, "the end");
  EXPECT_EQ(watch.state(), BecomeState::waiting);
  EXPECT_LE(watch.said().size(), 16U * 1024);
  EXPECT_TRUE(watch.said().ends_with("the end"));
  EXPECT_EQ(watch.feed(Stream::err, kNonce + ":R\nx"), "x");
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
