// SPDX-License-Identifier: MIT
#include "om/event/signals.h"

#include <csignal>

#include <gtest/gtest.h>

namespace om::event {
namespace {

TEST(SignalsTest, BlockedSignalArrivesAsACallback) {
  const SystemClock clock;
  const std::unique_ptr<Reactor> reactor = *Reactor::create(clock);
  Signals::block({SIGUSR2});
  int got = 0;
  Result<Signals> signals = Signals::create(*reactor, {SIGUSR2}, [&](int number) { got = number; });
  ASSERT_TRUE(signals);
  ASSERT_EQ(::raise(SIGUSR2), 0);
  reactor->turn(std::chrono::seconds(5));
  EXPECT_EQ(got, SIGUSR2);
}

}  // namespace
}  // namespace om::event
