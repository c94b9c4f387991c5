// SPDX-License-Identifier: MIT
//
// Sessions through jump hosts, which are real servers here, on ports of their own.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ssh/rig.h"

namespace om::ssh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class TunnelTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = peers::Sshd::start({});
    if (!started.server) GTEST_SKIP() << started.why_not;
    inner_ = std::move(started.server);
    key_ = inner_->authorized_key({});
    rig_.add_key("test", key_);
  }
  std::unique_ptr<peers::Sshd> gate(std::vector<std::string> config = {}) {
    peers::SshdOptions options;
    options.config = std::move(config);
    auto server = peers::Sshd::start(options).server;
    server->set_authorized_keys(key_.public_line + "\n");
    return server;
  }
  std::unique_ptr<WatchedSession> start_through(WatchedSession& jump, SessionTarget target,
                                                SessionDeadlines deadlines = {}) {
    auto watched = std::make_unique<WatchedSession>();
    watched->session = Session::start_through(*jump.session, "gate", rig_.services(),
                                              std::move(target), deadlines, *watched);
    return watched;
  }
  std::unique_ptr<WatchedSession> log_in_through(WatchedSession& jump, const peers::Sshd& there) {
    auto watched = start_through(jump, rig_.target(there));
    const WatchedSession& session = *watched;
    rig_.run_until([&session] { return session.ready || session.is_over(); });
    EXPECT_TRUE(session.ready) << (session.failed ? session.failed->message : "no answer");
    return watched;
  }

  Rig rig_;
  std::unique_ptr<peers::Sshd> inner_;
  peers::KeyPair key_;
};

TEST_F(TunnelTest, CommandRunsBehindTwoJumpHosts) {
  const auto first = gate();
  const auto second = gate();
  auto outer = rig_.log_in(*first);
  auto middle = log_in_through(*outer, *second);
  auto session = log_in_through(*middle, *inner_);
  auto ran = rig_.run(*session, "echo out; echo err >&2; exit 3");
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "err\n");
  EXPECT_EQ(ran->status->exit_status, 3);
  EXPECT_EQ(session->session->facts().address,
            "127.0.0.1:" + std::to_string(inner_->port()) + " through gate");
  // Each server's key was asked for under the server's own name.
  ASSERT_EQ(rig_.host_keys.asked.size(), 3u);
  EXPECT_EQ(rig_.host_keys.asked[0].port, first->port());
  EXPECT_EQ(rig_.host_keys.asked[1].port, second->port());
  EXPECT_EQ(rig_.host_keys.asked[2].port, inner_->port());
}

TEST_F(TunnelTest, SessionTakesItsLeaveThroughTheTunnel) {
  const auto jump = gate();
  auto outer = rig_.log_in(*jump);
  auto session = log_in_through(*outer, *inner_);
  EXPECT_EQ(rig_.run(*session, "echo on")->out, "on\n");
  session->session->close();
  EXPECT_TRUE(rig_.run_until([&session] { return session->closed; }));
  session.reset();
  EXPECT_TRUE(rig_.run_until([&outer] { return outer->session->channel_count() == 0; }));
  EXPECT_TRUE(inner_->wait_for_log("Received disconnect from", seconds(5))) << inner_->log();
  EXPECT_TRUE(outer->session->is_alive());
  EXPECT_EQ(log_in_through(*outer, *inner_)->failed, std::nullopt);
}

TEST_F(TunnelTest, MegabytesPassBothWaysWithAPauseOnTheWay) {
  const auto jump = gate();
  auto outer = rig_.log_in(*jump);
  auto session = log_in_through(*outer, *inner_);
  std::string sent;
  for (int i = 0; sent.size() < 12'000'000; ++i) sent += std::to_string(i) + "\n";
  auto exec = rig_.exec(*session, "cat");
  exec->channel->write(sent);
  exec->channel->finish_writing();
  ASSERT_TRUE(rig_.run_until([&exec] { return exec->out.size() > 1'000'000; }));
  exec->channel->set_reading(false);
  rig_.run_for(milliseconds(300));
  const std::size_t paused_at = exec->out.size();
  rig_.run_for(milliseconds(200));
  EXPECT_EQ(exec->out.size(), paused_at);
  // The other sessions of the tunnel's session go on.
  auto other = log_in_through(*outer, *inner_);
  EXPECT_EQ(rig_.run(*other, "echo other")->out, "other\n");
  exec->channel->set_reading(true);
  ASSERT_TRUE(rig_.run_until([&exec] { return exec->is_over(); }));
  EXPECT_TRUE(exec->status);
  EXPECT_TRUE(exec->out == sent);
}

TEST_F(TunnelTest, JumpHostThatForwardsNothingSaysSo) {
  const auto jump = gate({"AllowTcpForwarding no"});
  auto outer = rig_.log_in(*jump);
  auto session = start_through(*outer, rig_.target(*inner_));
  ASSERT_TRUE(rig_.run_until([&session] { return session->is_over(); }));
  EXPECT_EQ(session->failed->reason, "ssh.jump_forbidden");
  EXPECT_THAT(session->failed->message, HasSubstr("jump host gate: "));
  EXPECT_THAT(session->failed->message, HasSubstr("AllowTcpForwarding"));
  EXPECT_EQ(rig_.run(*outer, "echo on")->out, "on\n");
}

TEST_F(TunnelTest, NobodyListeningBehindTheJumpHostIsNamed) {
  const auto jump = gate();
  auto outer = rig_.log_in(*jump);
  SessionTarget target = rig_.target(*inner_);
  target.port = peers::free_port();
  auto session = start_through(*outer, target);
  ASSERT_TRUE(rig_.run_until([&session] { return session->is_over(); }));
  EXPECT_EQ(session->failed->reason, "ssh.jump_connect_failed");
  EXPECT_THAT(session->failed->message, HasSubstr("127.0.0.1 port " + std::to_string(target.port)));
}

TEST_F(TunnelTest, LossOfTheJumpHostEndsTheSessionsBehindIt) {
  const auto jump = gate();
  auto outer = rig_.log_in(*jump);
  auto ready = log_in_through(*outer, *inner_);
  auto exec = rig_.exec(*ready, "echo up; sleep 60");
  ASSERT_TRUE(rig_.run_until([&exec] { return exec->out == "up\n"; }));
  ::kill(inner_->pid(), SIGSTOP);  // accepts, and says nothing
  auto waiting = start_through(*outer, rig_.target(*inner_));
  rig_.run_for(milliseconds(300));
  const MonotonicTime cut = rig_.clock.now();
  jump->kill_connections();
  EXPECT_TRUE(rig_.run_until([&] { return ready->is_over() && waiting->is_over(); }));
  ::kill(inner_->pid(), SIGCONT);
  EXPECT_LT(rig_.clock.now() - cut, seconds(5));
  EXPECT_TRUE(outer->lost);
  ASSERT_TRUE(ready->lost);
  EXPECT_EQ(ready->lost->reason, "ssh.disconnected");
  EXPECT_THAT(ready->lost->message, HasSubstr("jump host gate: "));
  ASSERT_TRUE(exec->error);
  EXPECT_EQ(exec->error->reason, "ssh.disconnected");
  ASSERT_TRUE(waiting->failed);
  EXPECT_EQ(waiting->failed->reason, "ssh.jump_failed");
  EXPECT_THAT(waiting->failed->message, HasSubstr("jump host gate: "));
}

TEST_F(TunnelTest, ServerThatGoesIsNoticedThroughTheTunnel) {
  const auto jump = gate();
  auto outer = rig_.log_in(*jump);
  auto session = log_in_through(*outer, *inner_);
  EXPECT_TRUE(session->session->is_alive());
  inner_->kill_connections();
  EXPECT_TRUE(rig_.run_until([&session] { return session->is_over(); }, seconds(5)));
  EXPECT_FALSE(session->session->is_alive());
  EXPECT_EQ(session->lost->reason, "ssh.disconnected");
  EXPECT_TRUE(outer->session->is_alive());
}

}  // namespace
}  // namespace om::ssh
