// SPDX-License-Identifier: MIT
#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(TargetTest, PathsAreDecoded) {
  EXPECT_EQ(parse_target("/")->path, "/");
  EXPECT_EQ(parse_target("/a%20b/%E6%9C%8D")->path, "/a b/服");
  EXPECT_EQ(parse_target("/a+b")->path, "/a+b");
  EXPECT_EQ(parse_target("/...")->path, "/...");
  EXPECT_EQ(parse_target("/a..b/.c")->path, "/a..b/.c");
}

TEST(TargetTest, PathsThatCouldMeanSomethingElseAreRefused) {
  for (const char* path : {"",
                           "a",
                           "*",
                           "/..",
                           "/../etc/passwd",
                           "/a/../b",
                           "/./a",
                           "/a/.",
                           "/%2e%2e/a",
                           "/%2E./a",
                           "/a/%2e",
                           "/a%2f..%2fb",
                           "/%00",
                           "/a%00.html",
                           "/a\\b",
                           "/%5c..%5c",
                           "/%0d%0a",
                           "/%1b",
                           "/%7f",
                           "/%",
                           "/%2",
                           "/%zz",
                           "/a%",
                           "/%c0%ae%c0%ae/",
                           "/%ff",
                           "/a#b",
                           "/a?b#c"}) {
    EXPECT_FALSE(parse_target(path)) << path;
  }
}

TEST(TargetTest, QueriesAreReadAsPagesWriteThem) {
  EXPECT_THAT(
      parse_target("/?a=1&a=2&b&=x&c=")->query,
      ElementsAre(Pair("a", "1"), Pair("a", "2"), Pair("b", ""), Pair("", "x"), Pair("c", "")));
  EXPECT_THAT(parse_target("/?a+b=c+d%2B")->query, ElementsAre(Pair("a b", "c d+")));
  EXPECT_THAT(parse_target("/?hosts=10.0.0.1*a,10.0.0.2*b")->query,
              ElementsAre(Pair("hosts", "10.0.0.1*a,10.0.0.2*b")));
  EXPECT_THAT(parse_target("/?p=50%&q=%zz")->query,
              ElementsAre(Pair("p", "50%"), Pair("q", "%zz")));
  EXPECT_THAT(parse_target("/?p=a%0ab&q==?")->query,
              ElementsAre(Pair("p", "a\nb"), Pair("q", "=?")));
  EXPECT_THAT(parse_target("/?p=\xe6\x9c\x8d")->query, ElementsAre(Pair("p", "服")));
}

TEST(TargetTest, QueriesThatAreNoTextAreRefused) {
  EXPECT_FALSE(parse_target("/?p=%00"));
  EXPECT_FALSE(parse_target("/?p=%ff"));
  EXPECT_FALSE(parse_target("/?%c0%80=1"));
}

TEST(TargetTest, EncodingComesBackFromDecoding) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  all += "服务\u2028";
  const auto target = parse_target("/?" + encode_component(all) + "=" + encode_component(all));
  ASSERT_TRUE(target);
  EXPECT_THAT(target->query, ElementsAre(Pair(all, all)));
  EXPECT_EQ(parse_target(encode_path("/a b/服?#%"))->path, "/a b/服?#%");
}

}  // namespace
}  // namespace om::http
