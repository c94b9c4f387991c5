// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <set>

#include <gtest/gtest.h>

namespace om::api {
namespace {

TEST(RoutesTest, BracesTakeOnePathElement) {
  const Match match = find_route("GET", "/api/v1/runs/41/targets/web1/output");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.args, (std::vector<std::string>{"41", "web1"}));
  EXPECT_EQ(find_route("GET", "/api/v1/runs/41/targets//output").route, nullptr);
  EXPECT_EQ(find_route("GET", "/api/v1/runs/41/extra/web1/output").route, nullptr);
  EXPECT_EQ(find_route("GET", "/api/v1/nothing").route, nullptr);
}

TEST(RoutesTest, AnotherMethodIsToldApartFromNoSuchPath) {
  EXPECT_TRUE(find_route("DELETE", "/api/v1/runs").other_method);
  EXPECT_FALSE(find_route("GET", "/api/v1/nothing").other_method);
}

TEST(RoutesTest, EveryRouteIsThereOnceWithAResource) {
  std::set<std::string> seen;
  for (const Route& route : routes()) {
    EXPECT_NE(route.answer, nullptr);
    EXPECT_TRUE(seen.insert(std::string(route.method) + " " + std::string(route.pattern)).second)
        << route.pattern;
  }
}

}  // namespace
}  // namespace om::api
