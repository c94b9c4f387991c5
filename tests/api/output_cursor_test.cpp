// SPDX-License-Identifier: MIT
#include "api/output_cursor.h"

#include <gtest/gtest.h>

namespace om::api {
namespace {

OutputChunk chunk(std::int64_t seq, Stream stream, const std::string& bytes) {
  return {seq, 0, stream, bytes};
}

/// As a client passes it back: a number or a text.
std::string passed_back(const OutputCursor& cursor) {
  const Json json = cursor.text();
  return json.is_string() ? json.get<std::string>() : json.dump();
}

TEST(OutputCursorTest, ACharacterCutBetweenPagesIsWhole) {
  const std::string text = "\xe7\xb3\xbb\xe7\xbb\x9f";  // two characters of three bytes
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    OutputCursor first = *OutputCursor::parse("0");
    std::string read = first.decode(chunk(1, Stream::out, text.substr(0, cut)));
    OutputCursor second = *OutputCursor::parse(passed_back(first));
    EXPECT_EQ(second.seq(), 1);
    read += second.decode(chunk(2, Stream::out, text.substr(cut)));
    EXPECT_EQ(read, text) << cut;
  }
}

TEST(OutputCursorTest, TheStreamsDoNotDisturbEachOther) {
  OutputCursor cursor = *OutputCursor::parse("0");
  EXPECT_EQ(cursor.decode(chunk(1, Stream::out, "a\xe7\xb3")), "a");
  EXPECT_EQ(cursor.decode(chunk(2, Stream::err, "b")), "b");
  EXPECT_EQ(cursor.decode(chunk(3, Stream::out, "\xbb")), "\xe7\xb3\xbb");
  EXPECT_EQ(cursor.text(), Json(3));
}

TEST(OutputCursorTest, WhatItWouldNotWriteIsRefused) {
  for (const char* text :
       {"", "-1", "x", "1.2", "1.e7", "1.e7.", "1.zz.", "1.e7e7e7e7.", "1..00.", "1.e7..x"}) {
    const Result<OutputCursor> parsed = OutputCursor::parse(text);
    EXPECT_EQ(parsed.has_value(), std::string(text) == "1.e7.") << text;
  }
}

}  // namespace
}  // namespace om::api
