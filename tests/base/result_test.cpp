// SPDX-License-Identifier: MIT
#include "om/base/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace om {
namespace {

Result<int> positive(int n) {
  if (n <= 0) return fail(Errc::invalid_argument, "test.not_positive", "not positive");
  return n;
}

Result<std::unique_ptr<int>> boxed(int n) {
  OM_TRY(n > 100 ? Result<void>(fail(Errc::overloaded, "", "too many")) : Result<void>());
  OM_TRY_SET(const int value, positive(n));
  return std::make_unique<int>(value);
}

TEST(ResultTest, ValueAndErrorTravelThroughCalls) {
  EXPECT_EQ(**boxed(7), 7);
  EXPECT_EQ(boxed(0).error().reason, "test.not_positive");
  EXPECT_EQ(boxed(101).error().code, Errc::overloaded);
  EXPECT_EQ(positive(-1).value_or(5), 5);
}

TEST(ResultTest, MessageGrowsOutward) {
  const Error error = positive(0).error().within("host web3").within("run 41");
  EXPECT_EQ(error.message, "run 41: host web3: not positive");
  EXPECT_EQ(error.reason, "test.not_positive");
  EXPECT_EQ(errc_name(error.code), "invalid_argument");
}

TEST(ResultDeathTest, ValueOfAnErrorIsOurBug) {
  EXPECT_DEATH(static_cast<void>(positive(0).value()), "check failed");
}

}  // namespace
}  // namespace om
