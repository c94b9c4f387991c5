// SPDX-License-Identifier: MIT
#include "om/run/kept_output.h"

#include <gtest/gtest.h>

namespace om::run {
namespace {

constexpr std::int64_t kPlenty = 1 << 30;

std::string tail_text(KeptOutput& kept) {
  std::string text;
  for (const KeptOutput::Piece& piece : kept.finish()) {
    text += (piece.stream == Stream::out ? "o:" : "e:") + piece.bytes + " ";
  }
  return text;
}

TEST(KeptOutputTest, UnderTheLimitEverythingGoesToTheJournalAtOnce) {
  KeptOutput kept(100, 10);
  EXPECT_EQ(kept.take(Stream::out, "hello", kPlenty), "hello");
  EXPECT_EQ(kept.take(Stream::err, "oops", kPlenty), "oops");
  EXPECT_EQ(tail_text(kept), "");
  EXPECT_EQ(kept.cut_bytes(), 0);
}

TEST(KeptOutputTest, HeadAndTailStayAndTheMiddleIsCounted) {
  KeptOutput kept(20, 10);
  EXPECT_EQ(kept.take(Stream::out, "0123456789abcde", kPlenty), "0123456789");
  EXPECT_EQ(kept.take(Stream::out, "fghijklmnopqrst", kPlenty), "");
  EXPECT_EQ(kept.cut_bytes(), 10);
  EXPECT_EQ(tail_text(kept), "o:klmnopqrst ");
}

TEST(KeptOutputTest, TailFittingExactlyCutsNothing) {
  KeptOutput kept(20, 10);
  EXPECT_EQ(kept.take(Stream::out, "0123456789abcdefghij", kPlenty), "0123456789");
  EXPECT_EQ(kept.cut_bytes(), 0);
  EXPECT_EQ(tail_text(kept), "o:abcdefghij ");
}

TEST(KeptOutputTest, TailKeepsTheStreamsApartInOrder) {
  KeptOutput kept(6, 6);
  EXPECT_EQ(kept.take(Stream::out, "aaaa", kPlenty), "");
  EXPECT_EQ(kept.take(Stream::err, "bb", kPlenty), "");
  EXPECT_EQ(kept.take(Stream::out, "cc", kPlenty), "");
  EXPECT_EQ(tail_text(kept), "o:aa e:bb o:cc ");
}

TEST(KeptOutputTest, NothingOvertakesTheTailWhenTheRunHasRoomAgain) {
  KeptOutput kept(100, 4);
  EXPECT_EQ(kept.take(Stream::out, "head", 2), "he");
  EXPECT_EQ(kept.take(Stream::out, "xy", kPlenty), "");
  EXPECT_EQ(tail_text(kept), "o:adxy ");
}

TEST(KeptOutputTest, ManySmallPiecesNeverExceedTheTail) {
  KeptOutput kept(1000, 1000);
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i) + "\n";
    all += piece;
    EXPECT_EQ(kept.take(i % 3 == 0 ? Stream::err : Stream::out, piece, kPlenty), "");
  }
  std::string tail;
  for (const KeptOutput::Piece& piece : kept.finish()) tail += piece.bytes;
  EXPECT_EQ(tail, all.substr(all.size() - 1000));
  EXPECT_EQ(kept.cut_bytes(), static_cast<std::int64_t>(all.size()) - 1000);
}

}  // namespace
}  // namespace om::run
