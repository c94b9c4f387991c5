// SPDX-License-Identifier: MIT
#include "om/catalogue/caption.h"

#include <gtest/gtest.h>

namespace om::catalogue {
namespace {

TEST(CaptionTest, TheOriginalsCaptionStaysAsItIs) {
  const std::string html = "[<b>功能说明</b>]<br> 查看所选服务器的操作系统日志信息";
  const Caption caption = parse_caption(html);
  EXPECT_EQ(caption.html, html);
  EXPECT_EQ(caption.text, "[功能说明]\n查看所选服务器的操作系统日志信息");
}

TEST(CaptionTest, NothingElseOfTheMarkupIsPassedOn) {
  EXPECT_EQ(parse_caption("a<script>x</script><img src=x onerror=y><b onclick=z>b</b> it's").html,
            "a<b>b</b> it&#39;s");
  EXPECT_EQ(parse_caption("<input name=sys_param_1>x").html, "x");
  EXPECT_EQ(parse_caption("one\n  two").html, "one two");
  EXPECT_EQ(parse_caption("<p>one</p><p>two</p>").text, "one\ntwo");
}

TEST(CaptionTest, TooDeepIsShownAsWritten) {
  std::string html;
  for (int i = 0; i < 100; ++i) html += "<b>";
  EXPECT_EQ(parse_caption(html + "x").text, html + "x");
}

}  // namespace
}  // namespace om::catalogue
