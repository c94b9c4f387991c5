// SPDX-License-Identifier: MIT
#include "catalogue/decimal.h"

#include <gtest/gtest.h>

namespace om::catalogue {
namespace {

Decimal of(std::string_view text) {
  const std::optional<Decimal> value = parse_decimal(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Decimal{});
}

TEST(DecimalTest, ComparesAcrossScales) {
  EXPECT_TRUE(compare(of("1.50"), of("1.5")) == 0);
  EXPECT_TRUE(compare(of("-2"), of("-1.99")) < 0);
  EXPECT_TRUE(compare(of("0.000000000000000001"), of("0")) > 0);
  EXPECT_TRUE(compare(of("999999999999999999"), of("0.999999999999999999")) > 0);
  EXPECT_TRUE(compare(of("-999999999999999999"), of(".999999999999999999")) < 0);
}

TEST(DecimalTest, StepsAreExact) {
  EXPECT_TRUE(is_step(of("0.3"), of("0"), of("0.1")));
  EXPECT_TRUE(is_step(of("1.1"), of("0.2"), of("0.3")));
  EXPECT_FALSE(is_step(of("1"), of("0.2"), of("0.3")));
  EXPECT_TRUE(
      is_step(of("-999999999999999999"), of("999999999999999999"), of("0.000000000000000001")));
}

TEST(DecimalTest, EighteenDigitsAndNoMore) {
  EXPECT_TRUE(parse_decimal("123456789012345678"));
  EXPECT_FALSE(parse_decimal("1234567890123456789"));
  EXPECT_FALSE(parse_decimal("0.1234567890123456789"));
  for (const char* bad : {"", "-", ".", "1.", "1..2", "1-", "a"})
    EXPECT_FALSE(parse_decimal(bad)) << bad;
}

}  // namespace
}  // namespace om::catalogue
