// SPDX-License-Identifier: MIT
#include "http/host_guard.h"

#include <gtest/gtest.h>

namespace om::http {
namespace {

TEST(HostGuardTest, ThisMachineHasItsNamesOnAnyPort) {
  const HostGuard guard({});
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:18080", "[::1]",
                           "[::1]:8080", "[0:0:0:0:0:0:0:1]"}) {
    EXPECT_TRUE(guard.allows(host, "")) << host;
  }
}

TEST(HostGuardTest, OthersAreForeign) {
  const HostGuard guard({});
  for (const char* host :
       {"", ":8080", "evil.example", "localhost.evil.example", "localhost.",
        "127.0.0.1.evil.example", "localhost:80x", "localhost:123456", "localhost:80:80", "[::1",
        "[::1]x", "::1", "[::2]", "127.0.0.2", "127.1", "2130706433", "localhost evil.example",
        "user@localhost", "evil.example:80@localhost"}) {
    EXPECT_FALSE(guard.allows(host, "")) << host;
  }
}

TEST(HostGuardTest, TheAddressItCameInOnIsAName) {
  const HostGuard guard({});
  EXPECT_TRUE(guard.allows("10.1.2.3:8080", "10.1.2.3"));
  EXPECT_FALSE(guard.allows("10.1.2.4:8080", "10.1.2.3"));
  EXPECT_TRUE(guard.allows("[2001:DB8:0::5]:8080", "2001:db8::5"));
}

TEST(HostGuardTest, ConfiguredNamesCount) {
  const HostGuard guard({"Ops.Example", "[2001:db8::7]"});
  EXPECT_TRUE(guard.allows("ops.example:443", ""));
  EXPECT_TRUE(guard.allows("[2001:db8:0:0::7]", ""));
  EXPECT_FALSE(guard.allows("www.ops.example", ""));
}

TEST(HostGuardTest, AnOriginIsAPageOfOurs) {
  const HostGuard guard({});
  EXPECT_TRUE(guard.allows_origin("http://localhost:8080", ""));
  EXPECT_TRUE(guard.allows_origin("https://127.0.0.1", ""));
  for (const char* origin : {"null", "", "http://", "http://evil.example", "localhost",
                             "file://localhost", "http://localhost/", "http://localhost.evil"}) {
    EXPECT_FALSE(guard.allows_origin(origin, "")) << origin;
  }
}

}  // namespace
}  // namespace om::http
