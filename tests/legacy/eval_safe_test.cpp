// SPDX-License-Identifier: MIT
#include "om/legacy/eval_safe.h"

#include <gtest/gtest.h>

namespace om::legacy {
namespace {

TEST(EvalSafeTest, TextIsEscapedForTheScriptThatDecodesIt) {
  EXPECT_EQ(eval_safe_text("plain 服务 \"x\""), "plain 服务 \"x\"");
  EXPECT_EQ(eval_safe_text("'\\\r\n\u2028\u2029"), "\\x27\\\\\\r\\n\\u2028\\u2029");
  EXPECT_EQ(eval_safe_text("\\'"), "\\\\\\x27");
}

TEST(EvalSafeTest, HtmlIsEscapedForTheReaderThatDecodesIt) {
  EXPECT_EQ(eval_safe_html("<b class=\"x\">it's \\d</b>"), "<b class=\"x\">it&#39;s &#92;d</b>");
  EXPECT_EQ(eval_safe_html("a\r\nb\nc\rd\u2028e\u2029"), "a b c d&#8232;e&#8233;");
}

TEST(EvalSafeTest, TabsStay) {
  EXPECT_EQ(eval_safe_text("a\tb"), "a\tb");
  EXPECT_EQ(eval_safe_html("a\tb"), "a\tb");
}

}  // namespace
}  // namespace om::legacy
