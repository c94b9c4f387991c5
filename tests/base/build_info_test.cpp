// SPDX-License-Identifier: MIT
//
// build_info names everything that an advisory could be about.

#include "om/base/build_info.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::base {
namespace {

TEST(BuildInfoTest, NamesEveryLibraryWithItsVersion) {
  const auto& info = build_info();
  EXPECT_FALSE(info.version.empty());
  for (const char* name : {"libssh2", "cpp-httplib", "OpenSSL", "SQLite", "c-ares", "RE2", "fmt",
                           "CLI11", "nlohmann-json"}) {
    const auto found = std::ranges::find(info.libraries, name, &LibraryVersion::name);
    ASSERT_NE(found, info.libraries.end()) << name;
    EXPECT_FALSE(found->version.empty()) << name;
  }
}

}  // namespace
}  // namespace om::base
