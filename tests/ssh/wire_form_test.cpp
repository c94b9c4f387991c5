// SPDX-License-Identifier: MIT
//
// SSH's data types: the examples of RFC 4251, and input that ends too early.
#include "om/ssh/wire_form.h"

#include <gtest/gtest.h>

namespace om::ssh {
namespace {

using std::string_literals::operator""s;

TEST(WireFormTest, WritesNumbersAsRfc4251Does) {
  const auto mpint = [](const std::string& magnitude) {
    std::string to;
    append_mpint(to, magnitude);
    return to;
  };
  EXPECT_EQ(mpint(""), "\0\0\0\0"s);
  EXPECT_EQ(mpint("\0\0"s), "\0\0\0\0"s);
  EXPECT_EQ(mpint("\x80"), "\0\0\0\2\0\x80"s);
  EXPECT_EQ(mpint("\0\x09\xa3\x78\xf9\xb2\xe3\x32\xa7"s),
            "\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7"s);
}

TEST(WireFormTest, ReadsWhatItWrote) {
  std::string bytes = "\x07";
  append_u32(bytes, 0xfffefdfc);
  append_string(bytes, "ssh-rsa");
  bytes += "rest";
  WireReader reader(bytes);
  EXPECT_EQ(reader.byte(), 7);
  EXPECT_EQ(reader.u32(), 0xfffefdfcU);
  EXPECT_EQ(reader.string(), "ssh-rsa");
  EXPECT_EQ(reader.bytes(3), "res");
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.rest(), "t");
}

TEST(WireFormTest, FailsOnceAndForAll) {
  std::string bytes;
  append_u32(bytes, 0xffffffff);
  bytes += "short";
  WireReader reader(bytes);
  EXPECT_EQ(reader.string(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.byte(), 0);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_EQ(reader.bytes(0), "");
  EXPECT_FALSE(reader.ok());
}

TEST(WireFormTest, ReadsNoNumberFromThreeBytes) {
  WireReader reader("abc");
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace om::ssh
