// SPDX-License-Identifier: MIT
//
// Loop: a reactor on the real clock, for tests that wait for real processes and sockets. until()
// turns the loop until something has happened; it never sleeps, and gives up after a time that only
// a broken program needs. One thread.

#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "om/base/clock.h"
#include "om/event/reactor.h"

namespace om::test {

class Loop {
 public:
  event::Reactor& reactor() { return *reactor_; }

  /// False when it has not happened within `at_most`.
  bool until(const std::function<bool()>& happened, Duration at_most = std::chrono::seconds(60)) {
    const MonotonicTime give_up = clock_.now() + at_most;
    while (!happened()) {
      if (clock_.now() > give_up) return false;
      reactor_->turn(std::chrono::milliseconds(20));
    }
    return true;
  }

 private:
  SystemClock clock_;
  std::unique_ptr<event::Reactor> reactor_ = *event::Reactor::create(clock_);
};

}  // namespace om::test
