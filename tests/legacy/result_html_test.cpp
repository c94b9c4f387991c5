// SPDX-License-Identifier: MIT
#include "om/legacy/result_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::legacy {
namespace {

// Spelt out once more: a slip in the constants would change every answer.
const std::string kHead =
    "<font color='#eeeeee'>主机：</font><font color=#ffffff><b>192.168.1.10</b></font><br>";
const std::string kSuccess =
    "<font color='#eeeeee'>运行状态</font> <font color='#006699'><b>成功</b></font>";
const std::string kFailure =
    "<font color='#eeeeee'>运行状态</font> <font color='red'><b>失败</b></font>";
const std::string kRule =
    "<table width='100%' height='15'><tbody><tr><td background='/static/images/B24.gif'></td></tr>"
    "</tbody></table><br>";

TargetResult target(Platform platform, Outcome outcome, const std::string& output) {
  TargetResult result;
  result.address = "192.168.1.10";
  result.platform = platform;
  result.outcome = outcome;
  result.output = output;
  return result;
}

TEST(ResultHtmlTest, AGoodTargetLooksAsFuncShowedIt) {
  for (const Platform platform :
       {Platform::ssh, Platform::local, Platform::func, Platform::saltstack}) {
    EXPECT_EQ(result_html({target(platform, Outcome::ok, "one\ntwo\n")}),
              kHead + kSuccess + "<br>one<br>two<br><br>" + kRule);
  }
}

TEST(ResultHtmlTest, AFailedTargetShowsWhatItPrintedAndWhy) {
  TargetResult failed = target(Platform::ssh, Outcome::failed, "half\n");
  failed.error_output = "cannot\n";
  failed.reason = "exited with 2";
  EXPECT_EQ(result_html({failed}),
            kHead + kFailure + "<br>half<br>cannot<br>failed: exited with 2<br>" + kRule);
}

TEST(ResultHtmlTest, EveryOutcomeButOkIsAFailureWithItsWord) {
  for (const Outcome outcome : kOutcomes) {
    if (outcome == Outcome::ok) continue;
    TargetResult result = target(Platform::ssh, outcome, "");
    result.reason = "because";
    EXPECT_EQ(
        result_html({result}),
        kHead + kFailure + "<br>" + std::string(outcome_name(outcome)) + ": because<br>" + kRule);
  }
}

TEST(ResultHtmlTest, StandardErrorOfAGoodTargetIsNotShown) {
  TargetResult good = target(Platform::ssh, Outcome::ok, "fine");
  good.error_output = "a warning";
  EXPECT_EQ(result_html({good}), kHead + kSuccess + "<br>fine<br>" + kRule);
}

TEST(ResultHtmlTest, OutputIsNeverMarkupNorTerminalControl) {
  EXPECT_EQ(result_html({target(Platform::ssh, Outcome::ok,
                                "<script>alert('x' & \"y\")</script>\x1b[31m\a\t\r\n\xff")}),
            kHead + kSuccess +
                "<br>&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;[31m\t<br>"
                "\uFFFD<br>" +
                kRule);
}

TEST(ResultHtmlTest, FuncShowsAddressesInUpperCaseAndAnsibleDoesNot) {
  TargetResult result = target(Platform::ssh, Outcome::ok, "");
  result.address = "web<1>.example";
  EXPECT_THAT(result_html({result}), testing::HasSubstr("<b>WEB&lt;1&gt;.EXAMPLE</b>"));
  result.platform = Platform::ansible;
  EXPECT_THAT(result_html({result}), testing::HasSubstr("<b>web&lt;1&gt;.example</b>"));
}

TEST(ResultHtmlTest, AnsibleHasItsOwnLookAndOrder) {
  TargetResult dark = target(Platform::ansible, Outcome::unreachable, "");
  dark.reason = "no route";
  TargetResult failed = target(Platform::ansible, Outcome::failed, "");
  failed.reason = "exited with 1";
  const TargetResult good = target(Platform::ansible, Outcome::ok, "a\nb");
  EXPECT_EQ(result_html({dark, failed, good}),
            kHead + kSuccess + "<br>a<br>b<br><br>" + kRule +         //
                kHead + kFailure + "<br>failed: exited with 1<br>" +  //
                kHead + kFailure + "<br>unreachable: no route<br>");
}

TEST(ResultHtmlTest, TargetsKeepTheOrderOfTheRequest) {
  TargetResult first = target(Platform::ssh, Outcome::failed, "");
  first.address = "10.0.0.2";
  TargetResult second = target(Platform::local, Outcome::ok, "");
  second.address = "10.0.0.1";
  const std::string html = result_html({first, second});
  EXPECT_LT(html.find("10.0.0.2"), html.find("10.0.0.1"));
}

TEST(ResultHtmlTest, WhatIsStillRunningIsLinked) {
  EXPECT_EQ(
      still_running_html(RunId{41}, 3),
      "<font color='#eeeeee'>还有 3 台主机正在运行：</font><a href='/runs/41'>/runs/41</a><br>");
}

}  // namespace
}  // namespace om::legacy
