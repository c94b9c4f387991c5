// SPDX-License-Identifier: MIT
#include "backend/mark_parser.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "backend/conversation.h"

namespace om::backend {
namespace {

const std::string kNonce = "00112233445566778899aabbccddeeff";

std::string mark(char kind, int number) {
  return kNonce + ":" + kind + ":" + std::to_string(number) + "\n";
}

struct Parsed {
  MarkParser parser{kNonce};
  MarkParser::Parts parts;
};

Parsed parse(const std::vector<std::string_view>& pieces) {
  Parsed parsed;
  for (const std::string_view piece : pieces) parsed.parser.feed(piece, parsed.parts);
  parsed.parser.finish(parsed.parts);
  return parsed;
}

TEST(MarkParserTest, TakesTheStreamApart) {
  const std::string stream = "Welcome!\n" + mark('B', 4711) + "one\ntwo" + mark('E', 3) + "late";
  const Parsed parsed = parse({stream});
  EXPECT_EQ(parsed.parts.noise, "Welcome!\n");
  EXPECT_EQ(parsed.parts.output, "one\ntwo");
  EXPECT_TRUE(parsed.parser.begun());
  EXPECT_TRUE(parsed.parser.ended());
  EXPECT_EQ(parsed.parser.process_group(), 4711);
  EXPECT_EQ(parsed.parser.status(), 3);
  EXPECT_FALSE(parsed.parser.ended_for_both());
}

TEST(MarkParserTest, EverySplitGivesTheSame) {
  const std::string stream = "no" + kNonce + mark('B', 12) + "a\n" + kNonce + ":E:12x" + kNonce +
                             ":" + kNonce + mark('E', 0) + "x";
  const Parsed whole = parse({stream});
  EXPECT_EQ(whole.parts.noise, "no" + kNonce);
  EXPECT_EQ(whole.parts.output, "a\n" + kNonce + ":E:12x" + kNonce + ":" + kNonce);
  const std::string_view view = stream;
  for (std::size_t i = 0; i <= view.size(); ++i) {
    for (std::size_t j = i; j <= view.size(); ++j) {
      const Parsed parsed = parse({view.substr(0, i), view.substr(i, j - i), view.substr(j)});
      ASSERT_EQ(parsed.parts.noise, whole.parts.noise) << i << " " << j;
      ASSERT_EQ(parsed.parts.output, whole.parts.output) << i << " " << j;
      ASSERT_EQ(parsed.parser.process_group(), 12);
      ASSERT_TRUE(parsed.parser.ended());
      ASSERT_EQ(parsed.parser.status(), 0);
    }
  }
}

TEST(MarkParserTest, OneByteAtATimeIsEnough) {
  const std::string stream = mark('B', 99) + "out" + mark('E', 127);
  Parsed parsed;
  for (const char byte : stream) parsed.parser.feed({&byte, 1}, parsed.parts);
  EXPECT_EQ(parsed.parts.output, "out");
  EXPECT_EQ(parsed.parser.status(), 127);
}

TEST(MarkParserTest, OutputIsPassedOnAtOnceUnlessItMayBecomeAMark) {
  Parsed parsed;
  parsed.parser.feed(mark('B', 99), parsed.parts);
  parsed.parser.feed("prompt> ", parsed.parts);
  EXPECT_EQ(parsed.parts.output, "prompt> ");
  parsed.parser.feed("x" + kNonce.substr(0, 5), parsed.parts);
  EXPECT_EQ(parsed.parts.output, "prompt> x");
  parsed.parser.finish(parsed.parts);
  EXPECT_EQ(parsed.parts.output, "prompt> x" + kNonce.substr(0, 5));
}

TEST(MarkParserTest, WhatOnlyLooksLikeAMarkIsOutput) {
  for (const std::string& text :
       {kNonce, kNonce + "\n", kNonce + ":E:\n", kNonce + ":E:1234\n", kNonce + ":E:-1\n",
        kNonce + ":E: 0\n", kNonce + ":E:0 \n", kNonce + ":E:0\r\n", kNonce + ":K:0\n",
        kNonce + ":e:0\n", kNonce.substr(1) + ":E:0\n", "OM_EXEC=" + kNonce + "\n",
        kNonce + ":B:12345678901\n", kNonce + ":E"}) {
    const Parsed parsed = parse({mark('B', 5), text});
    EXPECT_EQ(parsed.parts.output, text);
    EXPECT_FALSE(parsed.parser.ended()) << text;
  }
}

TEST(MarkParserTest, GroupsThatKillWouldTakeForOthersAreUnknown) {
  EXPECT_EQ(parse({mark('B', 0)}).parser.process_group(), 0);
  EXPECT_EQ(parse({mark('B', 1)}).parser.process_group(), 0);
  EXPECT_EQ(parse({mark('B', 2)}).parser.process_group(), 2);
}

TEST(MarkParserTest, BothStreamsMergedIntoOneAreUnderstood) {
  const Parsed parsed =
      parse({mark('B', 7) + mark('B', 7) + "text\n" + mark('E', 1) + mark('E', 1)});
  EXPECT_EQ(parsed.parts.output, "text\n");
  EXPECT_TRUE(parsed.parser.ended_for_both());
}

TEST(MarkParserTest, EndWithoutBeginIsSeenAndWhatCameBeforeIsNoise) {
  const Parsed parsed = parse({"setsid: Argument list too long\n" + mark('E', 126)});
  EXPECT_FALSE(parsed.parser.begun());
  EXPECT_TRUE(parsed.parser.ended());
  EXPECT_EQ(parsed.parts.noise, "setsid: Argument list too long\n");
}

/// Streams made of marks, parts of marks and random bytes, cut at random: what comes out must not
/// depend on the cuts, and no byte may be lost or added but those of the marks.
TEST(MarkParserTest, RandomStreamsDoNotDependOnTheirCuts) {
  std::mt19937 random(20261122);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 3000; ++round) {
    std::string stream;
    for (std::size_t n = below(12); n > 0; --n) {
      const std::string whole = mark(below(2) == 0 ? 'B' : 'E', static_cast<int>(below(300)));
      switch (below(4)) {
        case 0:
          stream += whole;
          break;
        case 1:
          stream += whole.substr(0, below(whole.size()));
          break;
        case 2:
          stream += whole.substr(below(whole.size()));
          break;
        default:
          for (std::size_t k = below(40); k > 0; --k) stream += static_cast<char>(random());
      }
    }
    const Parsed whole = parse({stream});
    Parsed cut;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + below(std::min<std::size_t>(50, stream.size() - at));
      cut.parser.feed(std::string_view(stream).substr(at, size), cut.parts);
      at += size;
    }
    cut.parser.finish(cut.parts);
    ASSERT_EQ(cut.parts.noise, whole.parts.noise);
    ASSERT_EQ(cut.parts.output, whole.parts.output);
    ASSERT_EQ(cut.parser.begun(), whole.parser.begun());
    ASSERT_EQ(cut.parser.ended(), whole.parser.ended());
    ASSERT_LE(whole.parts.noise.size() + whole.parts.output.size(), stream.size());
    if (!whole.parser.begun() && !whole.parser.ended()) {
      ASSERT_EQ(whole.parts.noise, stream);
    }
  }
}

TEST(ConversationTest, IsCompleteWhenBothStreamsHaveEnded) {
  Conversation conversation(kNonce);
  EXPECT_EQ(conversation.feed(Stream::err, "motd\n" + mark('B', 50)), "");
  EXPECT_TRUE(conversation.begun());
  EXPECT_EQ(conversation.feed(Stream::out, mark('B', 50) + "x" + mark('E', 0)), "x");
  EXPECT_FALSE(conversation.complete());
  EXPECT_EQ(conversation.status(), 0);
  EXPECT_EQ(conversation.feed(Stream::err, "y" + mark('E', 0)), "y");
  EXPECT_TRUE(conversation.complete());
  EXPECT_EQ(conversation.process_group(), 50);
  EXPECT_EQ(conversation.said(), "motd\n");
}

TEST(ConversationTest, FailureWinsWhereTheMarksDiffer) {
  for (const auto& [out, err] : {std::pair(0, 5), std::pair(5, 0)}) {
    Conversation conversation(kNonce);
    conversation.feed(Stream::out, mark('B', 50) + mark('E', out));
    conversation.feed(Stream::err, mark('B', 50) + mark('E', err));
    EXPECT_EQ(conversation.status(), 5);
  }
}

TEST(ConversationTest, NoiseIsKeptUpToALimit) {
  Conversation conversation(kNonce);
  for (int i = 0; i < 100; ++i) conversation.feed(Stream::out, std::string(1000, 'n'));
  EXPECT_EQ(conversation.said().size(), 4096U);
}

}  // namespace
}  // namespace om::backend
