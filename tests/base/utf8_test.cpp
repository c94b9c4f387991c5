// SPDX-License-Identifier: MIT
#include "om/base/utf8.h"

#include <gtest/gtest.h>

#include "om/base/crypto.h"

namespace om::utf8 {
namespace {

const std::string kReplacement = "\xef\xbf\xbd";

TEST(Utf8Test, WellFormedTextIsUnchanged) {
  const std::string text = "abc 系统 \xf0\x9f\x98\x80";
  EXPECT_TRUE(is_valid(text));
  EXPECT_EQ(decode_lossy(text), text);
  EXPECT_EQ(length("系统"), 2U);
}

TEST(Utf8Test, IllFormedPartsAreReplacedEachOnce) {
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80", "\xe0\x80\x80",
                          "\xf4\x90\x80\x80"}) {
    EXPECT_FALSE(is_valid(bad)) << bad;
    EXPECT_TRUE(is_valid(decode_lossy(bad)));
  }
  // The example of the Unicode standard, table 3-8.
  EXPECT_EQ(decode_lossy("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"),
            kReplacement + kReplacement + kReplacement + kReplacement + "A");
}

TEST(Utf8Test, DecodingAnythingGivesValidText) {
  for (int round = 0; round < 500; ++round) {
    EXPECT_TRUE(is_valid(decode_lossy(crypto::random_bytes(50))));
  }
}

TEST(Utf8Test, TailToKeepBackIsOnlyWhatMoreBytesCouldComplete) {
  EXPECT_EQ(incomplete_tail("abc"), 0U);
  EXPECT_EQ(incomplete_tail("a\xe7"), 1U);
  EXPECT_EQ(incomplete_tail("a\xe7\xb3"), 2U);
  EXPECT_EQ(incomplete_tail("a\xe7\xb3\xbb"), 0U);
  EXPECT_EQ(incomplete_tail("\xf0\x9f\x98"), 3U);
  EXPECT_EQ(incomplete_tail("a\x80"), 0U);
  EXPECT_EQ(incomplete_tail(""), 0U);
}

TEST(Utf8Test, PrefixNeverCutsACharacter) {
  EXPECT_EQ(prefix("系统", 5), "系");
  EXPECT_EQ(prefix("系统", 6), "系统");
  EXPECT_EQ(prefix("系统", 2), "");
}

}  // namespace
}  // namespace om::utf8
