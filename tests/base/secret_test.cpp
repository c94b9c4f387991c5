// SPDX-License-Identifier: MIT
#include "om/base/secret.h"

#include <concepts>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace om {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(SecretTest, NothingTurnsItIntoTextByAccident) {
  static_assert(!Printable<Secret>);
  static_assert(!std::convertible_to<Secret, std::string>);
  static_assert(!std::convertible_to<Secret, std::string_view>);
}

TEST(SecretTest, CopyAndMoveKeepTheBytesAndEmptyTheSource) {
  Secret first(std::string("short"));
  Secret copy = first;
  EXPECT_EQ(copy.reveal(), "short");
  Secret moved = std::move(first);
  EXPECT_EQ(moved.reveal(), "short");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  moved = Secret(std::string(1000, 'x'));
  EXPECT_EQ(moved.reveal().size(), 1000U);
}

}  // namespace
}  // namespace om
