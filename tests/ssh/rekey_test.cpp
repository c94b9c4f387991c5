// SPDX-License-Identifier: MIT
//
// New keys in the middle of large transfers, both ways, of one session and of many at once.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "ssh/rig.h"

#include "om/base/crypto.h"

namespace om::ssh {
namespace {

using std::chrono::seconds;

/// Where a byte is missing or doubled shows: every 8 bytes are different.
std::string counted(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 1;
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    for (std::size_t k = 0; k < 8; ++k) bytes[i + k] = static_cast<char>(state >> (8 * k));
  }
  return bytes;
}

class RekeyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = peers::Sshd::start({.config = {"LogLevel ERROR", "RekeyLimit 1M"}});
    if (!started.server) GTEST_SKIP() << started.why_not;
    sshd_ = std::move(started.server);
    rig_.add_key(*sshd_);
  }
  /// `cat` on so many sessions at once, each with all the bytes; every session's SHA-256.
  void echo(std::size_t sessions, std::size_t size) {
    const auto bytes = std::make_shared<const std::string>(counted(size));
    std::vector<std::unique_ptr<WatchedSession>> open;
    std::vector<std::unique_ptr<WatchedExec>> running;
    for (std::size_t i = 0; i < sessions; ++i) {
      open.push_back(rig_.log_in(*sshd_));
      ASSERT_TRUE(open.back()->ready);
      running.push_back(rig_.exec(*open.back(), "exec cat"));
      running.back()->channel->write(bytes);
      running.back()->channel->finish_writing();
    }
    ASSERT_TRUE(rig_.run_until(
        [&running] {
          return std::ranges::all_of(running, [](const auto& exec) { return exec->is_over(); });
        },
        seconds(60)));
    const std::string expected = crypto::sha256_hex(*bytes);
    for (const auto& exec : running) {
      ASSERT_TRUE(exec->status) << exec->error->message;
      EXPECT_TRUE(exec->status->saw_eof);
      EXPECT_EQ(exec->out.size(), size);
      EXPECT_EQ(crypto::sha256_hex(exec->out), expected);
    }
  }

  Rig rig_;
  std::unique_ptr<peers::Sshd> sshd_;
};

TEST_F(RekeyTest, SixtyFourMebibytesEachWayArriveUnchanged) { echo(1, 64U << 20); }
TEST_F(RekeyTest, TwentySessionsAtOnceArriveUnchanged) { echo(20, 3U << 20); }

}  // namespace
}  // namespace om::ssh
