// SPDX-License-Identifier: MIT
//
// From names to sockets: the order of addresses, and every way in which nobody is there.
#include "ssh/connector.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ssh/rig.h"

namespace om::ssh {
namespace {

using event::SocketAddress;
using std::chrono::milliseconds;

SocketAddress address(const std::string& host) { return event::numeric_address(host, 22).value(); }

TEST(ConnectorTest, TriesTheFamiliesInTurn) {
  const auto order = in_happy_order(
      {address("::1"), address("::2"), address("::3"), address("127.0.0.1"), address("127.0.0.2")});
  std::vector<std::string> names;
  for (const SocketAddress& one : order) names.push_back(one.text());
  EXPECT_EQ(names, (std::vector<std::string>{"[::1]:22", "127.0.0.1:22", "[::2]:22", "127.0.0.2:22",
                                             "[::3]:22"}));
  EXPECT_TRUE(in_happy_order({}).empty());
}

class ConnectorErrorTest : public testing::Test {
 protected:
  Error failure(const std::string& host, std::uint16_t port) {
    SessionTarget target;
    target.address = host;
    target.port = port;
    SessionDeadlines deadlines;
    deadlines.resolve = milliseconds(2000);
    deadlines.connect = milliseconds(300);
    auto session = rig_.start(target, deadlines);
    EXPECT_TRUE(rig_.run_until([&session] { return session->is_over(); }));
    return session->failed.value_or(Error{});
  }
  Rig rig_;
};

TEST_F(ConnectorErrorTest, SaysThatNobodyListens) {
  const std::uint16_t port = peers::free_port();
  const Error error = failure("127.0.0.1", port);
  EXPECT_EQ(error.reason, "ssh.connect_refused");
  EXPECT_EQ(error.code, Errc::disconnected);
  EXPECT_EQ(error.message, "connect to 127.0.0.1:" + std::to_string(port) +
                               ": connection refused; is sshd running there, and is the port "
                               "right?");
}

TEST_F(ConnectorErrorTest, SaysThatThereIsNoSuchName) {
  const Error error = failure("no-such-host.invalid", 22);
  EXPECT_TRUE(error.reason == "ssh.name_not_found" || error.reason == "ssh.name_timed_out")
      << error.reason;
  EXPECT_NE(error.message.find("no-such-host.invalid"), std::string::npos) << error.message;
}

TEST_F(ConnectorErrorTest, SaysThatThereIsNoWay) {
  // A destination that no TCP socket may have: the kernel refuses at once.
  const Error error = failure("255.255.255.255", 22);
  EXPECT_TRUE(error.reason == "ssh.no_route" || error.reason == "ssh.connect_failed")
      << error.reason;
}

TEST_F(ConnectorErrorTest, GivesUpOnABlackHole) {
  // A listener whose queue is full answers no further connection.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&here), length), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&here), &length), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fillers.back(), reinterpret_cast<const sockaddr*>(&here), length);
  }
  const Error error = failure("127.0.0.1", ntohs(here.sin_port));
  for (const int fd : fillers) ::close(fd);
  ::close(listener);
  EXPECT_EQ(error.reason, "ssh.connect_timed_out");
  EXPECT_EQ(error.code, Errc::timed_out);
}

TEST_F(ConnectorErrorTest, TriesEveryAddressOfAName) {
  // localhost is ::1 and 127.0.0.1 (or one of them); the server listens on 127.0.0.1 only.
  auto started = peers::Sshd::start({});
  if (!started.server) GTEST_SKIP() << started.why_not;
  rig_.add_key(*started.server);
  SessionTarget target = rig_.target(*started.server);
  target.address = "localhost";
  auto session = rig_.start(target);
  EXPECT_TRUE(rig_.run_until([&session] { return session->ready || session->is_over(); }));
  EXPECT_TRUE(session->ready) << (session->failed ? session->failed->message : "");
  EXPECT_EQ(rig_.host_keys.asked[0].host, "localhost");
}

}  // namespace
}  // namespace om::ssh
