// SPDX-License-Identifier: MIT
//
// What the network has changed is never passed on. Story: after a packet with a wrong MAC the
// library drops it, says so once, and goes on with the next one as if nothing had been. Where more
// of the stream was in its buffer already, a command was told its regular end, its output with a
// hole in it.
#include <gtest/gtest.h>

#include "peers/tcp_proxy.h"
#include "ssh/rig.h"

namespace om::ssh {
namespace {

using peers::TcpProxy;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Protection {
  const char* name;
  std::vector<std::string> config;
};

std::string numbers(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += std::to_string(i) + "\n";
  return text;
}

class IntegrityTest : public testing::TestWithParam<Protection> {
 protected:
  void SetUp() override {
    std::vector<std::string> config = GetParam().config;
    config.push_back("LogLevel ERROR");
    auto started = peers::Sshd::start({.config = config});
    if (!started.server) GTEST_SKIP() << started.why_not;
    sshd_ = std::move(started.server);
    rig_.add_key(*sshd_);
    proxy_ = std::make_unique<TcpProxy>(sshd_->port());
  }

  struct Ran {
    std::string out;
    std::string err;
    bool ready = false;
    bool done = false;  ///< with a regular end
    std::string reason;
    std::uint64_t before = 0;  ///< bytes from the server when the command began
    std::uint64_t total = 0;
  };
  /// `piled_up`: nothing is read until so many bytes have come after the command began.
  Ran run(const std::string& command, std::uint64_t piled_up) {
    SessionTarget target = rig_.target(*sshd_);
    target.port = proxy_->port();
    SessionDeadlines deadlines;
    // A wrong length makes us wait for bytes that never come.
    deadlines.handshake = deadlines.login = deadlines.silence = milliseconds(900);
    const std::uint64_t base = proxy_->bytes_passed();
    Ran ran;
    std::unique_ptr<WatchedExec> exec;
    auto session = rig_.start(target, deadlines);
    session->when_ready = [&] {
      ran.ready = true;
      ran.before = proxy_->bytes_passed() - base;
      exec = rig_.exec(*session, command);
      exec->channel->finish_writing();
    };
    EXPECT_TRUE(rig_.run_until([&] { return session->is_over() || (exec && exec->started); }));
    const MonotonicTime end = rig_.clock.now() + seconds(5);
    while (exec && exec->started && rig_.clock.now() < end &&
           proxy_->bytes_passed() - base < ran.before + piled_up) {
    }
    EXPECT_TRUE(rig_.run_until([&] { return session->is_over() || (exec && exec->is_over()); }));
    ran.total = proxy_->bytes_passed() - base;
    if (session->failed) ran.reason = session->failed->reason;
    if (!exec) return ran;
    ran.out = exec->out;
    ran.err = exec->err;
    ran.done = exec->status.has_value();
    if (exec->error) ran.reason = exec->error->reason;
    return ran;
  }

  Rig rig_;
  std::unique_ptr<peers::Sshd> sshd_;
  std::unique_ptr<TcpProxy> proxy_;
};

TEST_P(IntegrityTest, NothingAfterAWrongByteIsPassedOn) {
  const std::string command = "seq 1 2500; seq 1 500 >&2; echo end";
  const std::string out = numbers(2500) + "end\n";
  const std::string err = numbers(500);
  constexpr std::uint64_t kPiledUp = 14'000;
  const Ran whole = run(command, kPiledUp);
  ASSERT_TRUE(whole.done) << whole.reason;
  ASSERT_EQ(whole.out, out);
  ASSERT_EQ(whole.err, err);
  int lost = 0;
  int rounds = 0;
  // From the login to the command's end; the last packets are only about leaving.
  for (std::uint64_t place = whole.before - 300; place + 40 < whole.total; place += 423) {
    proxy_->corrupt_at(place);
    const Ran ran = run(command, kPiledUp);
    ++rounds;
    if (ran.done) {
      EXPECT_EQ(ran.out, out) << place;
      EXPECT_EQ(ran.err, err) << place;
    } else {
      ++lost;
      EXPECT_NE(ran.reason, "") << place;
    }
    EXPECT_TRUE(out.starts_with(ran.out)) << place << ": a hole in " << ran.out.size() << " bytes";
    EXPECT_TRUE(err.starts_with(ran.err)) << place << ": a hole in " << ran.err.size() << " bytes";
  }
  EXPECT_GT(lost, rounds * 3 / 4);
}

TEST_P(IntegrityTest, MegabytesWithAWrongByteAreLostAndNotMended) {
  const std::string command = "seq 1 400000";
  const std::string out = numbers(400000);
  const Ran whole = run(command, 0);
  ASSERT_TRUE(whole.done) << whole.reason;
  ASSERT_TRUE(whole.out == out);
  for (int round = 1; round < 12; ++round) {
    const std::uint64_t place = whole.before + 5000 + out.size() / 12 * round + 7 * round;
    proxy_->corrupt_at(place);
    const Ran ran = run(command, 0);
    EXPECT_FALSE(ran.done) << place;
    EXPECT_TRUE(out.starts_with(ran.out)) << place << ": a hole in " << ran.out.size() << " bytes";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ciphers, IntegrityTest,
    testing::Values(Protection{"CtrAndMac", {"Ciphers aes128-ctr", "MACs hmac-sha2-256"}},
                    Protection{"CtrAndMacFirst",
                               {"Ciphers aes256-ctr", "MACs hmac-sha2-256-etm@openssh.com"}},
                    Protection{"Gcm", {"Ciphers aes128-gcm@openssh.com"}},
                    Protection{"Chacha", {"Ciphers chacha20-poly1305@openssh.com"}}),
    [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace om::ssh
