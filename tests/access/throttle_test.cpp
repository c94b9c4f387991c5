// SPDX-License-Identifier: MIT
#include "om/access/throttle.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace om::access {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ThrottleTest : public testing::Test {
 protected:
  /// Tries as soon as it is let; returns how long that took.
  Duration try_again(const std::string& account) {
    const Duration wait = throttle_.try_now(account);
    if (wait == Duration::zero()) return wait;
    clock_.advance(wait - milliseconds(1));
    EXPECT_EQ(throttle_.try_now(account), milliseconds(1));
    clock_.advance(milliseconds(1));
    EXPECT_EQ(throttle_.try_now(account), Duration::zero());
    return wait;
  }

  ManualClock clock_;
  Throttle throttle_{clock_};
};

TEST_F(ThrottleTest, WaitsGrowUpToTheLongest) {
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 13; ++i) waits.push_back(whole_ms(try_again("admin")) / 1000);
  EXPECT_EQ(waits, (std::vector<std::int64_t>{0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60}));
}

TEST_F(ThrottleTest, RightPasswordsAreStillTenAMinute) {
  for (std::size_t i = 0; i < kTriesAMinute; ++i) {
    EXPECT_EQ(throttle_.try_now("admin"), Duration::zero()) << i;
    throttle_.succeeded("admin");
  }
  EXPECT_EQ(throttle_.try_now("admin"), seconds(60));
  EXPECT_EQ(throttle_.wait("admin"), seconds(60));
  clock_.advance(seconds(60));
  EXPECT_EQ(throttle_.try_now("admin"), Duration::zero());
}

TEST_F(ThrottleTest, AskingTooEarlyCostsNothingMore) {
  for (std::size_t i = 0; i < kFreeTries; ++i) throttle_.try_now("admin");
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(throttle_.try_now("admin"), seconds(1));
  clock_.advance(seconds(1));
  EXPECT_EQ(throttle_.try_now("admin"), Duration::zero());
}

TEST_F(ThrottleTest, SuccessEndsTheWaits) {
  for (std::size_t i = 0; i < kFreeTries; ++i) throttle_.try_now("admin");
  EXPECT_GT(throttle_.wait("admin"), Duration::zero());
  throttle_.succeeded("admin");
  EXPECT_EQ(throttle_.wait("admin"), Duration::zero());
}

TEST_F(ThrottleTest, AccountsDoNotWaitForEachOther) {
  for (std::size_t i = 0; i < kFreeTries; ++i) throttle_.try_now("admin");
  EXPECT_EQ(throttle_.try_now("bob"), Duration::zero());
  EXPECT_EQ(throttle_.wait("nobody"), Duration::zero());
}

TEST_F(ThrottleTest, MemoryIsBoundedAndTheBusyAreKept) {
  for (int i = 0; i < 5000; ++i) {
    clock_.advance(milliseconds(1));
    throttle_.try_now("name " + std::to_string(i) + std::string(10'000, 'x'));
    throttle_.try_now("admin");
  }
  EXPECT_EQ(throttle_.remembered(), kAccounts);
  EXPECT_GT(throttle_.wait("admin"), Duration::zero());
}

TEST_F(ThrottleTest, ManyAtOnceAreCountedOneByOne) {
  std::atomic<int> let_in{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 500; ++j)
        if (throttle_.try_now("admin") == Duration::zero()) ++let_in;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(let_in, static_cast<int>(kFreeTries));
}

}  // namespace
}  // namespace om::access
