// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <set>

#include <gtest/gtest.h>

#include "om/api/api.h"

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

TEST(RoutesTest, AnOpenEndTakesTheSlashesToo) {
  const Match match = find_route("DELETE", "/api/v1/files/web/conf/site.conf");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.args, (std::vector<std::string>{"web/conf/site.conf"}));
  EXPECT_EQ(find_route("DELETE", "/api/v1/files/").route, nullptr);
  EXPECT_EQ(find_route("DELETE", "/api/v1/files//a").args, (std::vector<std::string>{"/a"}));
}

TEST(RoutesTest, OnlyAFilesBodyIsTakenAsItComes) {
  EXPECT_TRUE(takes_upload("PUT", "/api/v1/files/a"));
  EXPECT_FALSE(takes_upload("DELETE", "/api/v1/files/a"));
  EXPECT_FALSE(takes_upload("PUT", "/api/v1/session/password"));
  EXPECT_FALSE(takes_upload("PUT", "/api/v1/nothing"));
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
