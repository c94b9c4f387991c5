// SPDX-License-Identifier: MIT
#include "http/chunked.h"

#include <gtest/gtest.h>

namespace om::http {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::more;
  std::string body;
  std::string rest;
};

Decoded decode(std::string_view text, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded decoded;
  while (!text.empty() && decoded.state == State::more) {
    std::string_view input = text.substr(0, piece);
    const std::size_t given = input.size();
    decoded.state = decoder.feed(input, decoded.body);
    text.remove_prefix(given - input.size());
  }
  decoded.rest = text;
  return decoded;
}

TEST(ChunkedTest, IsTheSameHoweverTheBytesCome) {
  const std::string text =
      "5\r\nhello\r\n00A;ext=\"1\"\r\n\r\n world\r\n\r\n0\r\nT: 1\r\nU: 2\r\n\r\nGET /";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Decoded decoded = decode(text, piece);
    EXPECT_EQ(decoded.state, State::done) << piece;
    EXPECT_EQ(decoded.body, "hello\r\n world\r\n") << piece;
    EXPECT_EQ(decoded.rest, "GET /") << piece;
  }
}

TEST(ChunkedTest, WaitsForTheVeryEnd) {
  const std::string text = "1\r\nx\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(decode(text.substr(0, size), 3).state, State::more) << size;
  }
}

TEST(ChunkedTest, WhatIsNotExactlyAChunkIsMalformed) {
  for (const char* text :
       {"\r\n", "x\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "0x5\r\nhello\r\n",
        "+5\r\nhello\r\n", "-1\r\n", "5\nhello\r\n", "5\r\nhello\n", "5\r\nhelloX\r\n",
        "5\r\nhello\rX", "5\rhello", "000000005\r\nhello\r\n", "FFFFFFFFFFFFFFFF1\r\n",
        "5;a\nb\r\nhello", "0\r\nT: 1\n\r\n", "0\r\n\n", "0\r\n\rX"}) {
    EXPECT_EQ(decode(text, 1).state, State::malformed) << text;
    EXPECT_EQ(decode(text, 1000).state, State::malformed) << text;
  }
}

TEST(ChunkedTest, ExtensionsAndTrailersAreBounded) {
  EXPECT_EQ(decode("5;" + std::string(20'000, 'x'), 1000).state, State::malformed);
  EXPECT_EQ(decode("0\r\nT: " + std::string(20'000, 'x'), 1000).state, State::malformed);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 5'000; ++i) trailers += "T: 1\r\n";
  EXPECT_EQ(decode(trailers, 1000).state, State::malformed);
}

}  // namespace
}  // namespace om::http
