// SPDX-License-Identifier: MIT
#include "om/base/text.h"

#include <gtest/gtest.h>

namespace om::text {
namespace {

TEST(TextTest, SplitKeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(TextTest, TrimTakesOnlyTheEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
}

TEST(TextTest, NumbersAreTheWholeTextOrNothing) {
  EXPECT_EQ(parse_int("8080"), 8080);
  EXPECT_EQ(parse_int("-1"), -1);
  for (const char* bad : {"", " 1", "1 ", "1a", "+1", "0x10", "9223372036854775808"}) {
    EXPECT_FALSE(parse_int(bad)) << bad;
  }
}

TEST(TextTest, HtmlIsEscapedForTextAndAttributes) {
  EXPECT_EQ(escape_html("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

TEST(TextTest, ReplaceAllDoesNotLookAtWhatItWrote) {
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(lower_ascii("AbÄ"), "abÄ");
}

}  // namespace
}  // namespace om::text
