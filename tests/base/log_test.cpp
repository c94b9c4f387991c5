// SPDX-License-Identifier: MIT
#include "om/base/log.h"

#include <gtest/gtest.h>

namespace om::log {
namespace {

TEST(LogTest, PlainValuesStandBareAndOthersAreQuoted) {
  EXPECT_EQ(
      format_line("run started", {{"run", 41}, {"host", "web1"}, {"note", "a b"}, {"empty", ""}}),
      R"(event="run started" run=41 host=web1 note="a b" empty="")");
}

TEST(LogTest, HostileValueStaysOneLine) {
  EXPECT_EQ(format_line("x", {{"v", std::string("a\nb\x1b[31m\"c\"\\")}}),
            R"(event=x v="a\x0ab\x1b[31m\"c\"\\")");
}

TEST(LogTest, LevelsAreNamed) {
  EXPECT_EQ(level_from_name("warning"), Level::warning);
  EXPECT_FALSE(level_from_name("loud"));
}

}  // namespace
}  // namespace om::log
