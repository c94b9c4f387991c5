// SPDX-License-Identifier: MIT
#include "om/event/resolver.h"

#include <cstring>
#include <optional>

#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>

namespace om::event {
namespace {

using Addresses = Result<std::vector<SocketAddress>>;
using std::chrono::seconds;

class ResolverTest : public testing::Test {
 protected:
  std::optional<Addresses> ask(const std::string& host, Duration timeout = seconds(10)) {
    std::optional<Addresses> answer;
    const Resolver::Query query =
        resolver_->resolve(host, 22, timeout, [&](Addresses got) { answer = std::move(got); });
    EXPECT_FALSE(answer.has_value()) << "answered before returning";
    for (int turns = 0; turns < 200 && !answer; ++turns)
      reactor_->turn(std::chrono::milliseconds(100));
    return answer;
  }

  SystemClock clock_;
  std::unique_ptr<Reactor> reactor_ = *Reactor::create(clock_);
  std::unique_ptr<Resolver> resolver_ = *Resolver::create(*reactor_);
};

TEST_F(ResolverTest, NumericAddressesNeedNoDns) {
  EXPECT_EQ((*ask("127.0.0.1"))->front().text(), "127.0.0.1:22");
  EXPECT_EQ((*ask("::1"))->front().text(), "[::1]:22");
  EXPECT_EQ((*ask("[::1]"))->front().text(), "[::1]:22");
}

TEST_F(ResolverTest, AZoneIsAnInterfaceOfThisMachine) {
  const std::uint32_t lo = ::if_nametoindex("lo");
  if (lo == 0) GTEST_SKIP() << "no interface lo";
  for (const std::string& zone : {std::string("lo"), std::to_string(lo)}) {
    const std::optional<Addresses> answer = ask("fe80::1%" + zone);
    ASSERT_TRUE(answer && *answer) << zone;
    EXPECT_EQ((*answer)->front().text(), "[fe80::1%lo]:22");
    sockaddr_in6 v6{};
    std::memcpy(&v6, &(*answer)->front().storage, sizeof v6);
    EXPECT_EQ(v6.sin6_scope_id, lo);
  }
}

TEST_F(ResolverTest, AZoneThatIsNotThereIsNoQuestionForDns) {
  for (const char* address : {"fe80::1%nosuchif0", "fe80::1%2000000000", "fe80::1%0", "fe80::1%"}) {
    const std::optional<Addresses> answer = ask(address, seconds(1));
    ASSERT_TRUE(answer);
    ASSERT_FALSE(*answer) << address;
    EXPECT_EQ(answer->error().reason, "ssh.no_interface") << address;
  }
}

TEST_F(ResolverTest, LocalhostNeedsNeitherDnsNorEtcHosts) {
  const std::optional<Addresses> answer = ask("LocalHost");
  ASSERT_TRUE(answer);
  ASSERT_TRUE(*answer) << answer->error().message;
  ASSERT_EQ((*answer)->size(), 2U);
  EXPECT_EQ((*answer)->at(0).text(), "127.0.0.1:22");
  EXPECT_EQ((*answer)->at(1).text(), "[::1]:22");
}

TEST_F(ResolverTest, AnUnknownNameEndsInAnErrorThatNamesIt) {
  const std::optional<Addresses> answer = ask("no-such-host.invalid", seconds(2));
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_NE(answer->error().message.find("no-such-host.invalid"), std::string::npos);
  EXPECT_TRUE(answer->error().reason == "ssh.name_not_found" ||
              answer->error().reason == "ssh.name_timed_out");
}

TEST_F(ResolverTest, ACancelledQueryIsNeverAnswered) {
  bool answered = false;
  {
    const Resolver::Query query =
        resolver_->resolve("127.0.0.1", 22, seconds(1), [&](const Addresses&) { answered = true; });
  }
  reactor_->turn(Duration::zero());
  reactor_->turn(Duration::zero());
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace om::event
