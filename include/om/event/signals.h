// SPDX-License-Identifier: MIT
//
// Signals: delivers blocked signals as callbacks on the reactor (signalfd). One per process;
// belongs to the reactor's thread. block() must be called in main before any thread starts, so that
// all threads inherit it.
#pragma once

#include <functional>
#include <vector>

#include "om/base/fd.h"
#include "om/event/reactor.h"

namespace om::event {

class Signals {
 public:
  static void block(const std::vector<int>& signal_numbers);
  static Result<Signals> create(Reactor& reactor, const std::vector<int>& signal_numbers,
                                std::function<void(int signal_number)> on_signal);

 private:
  Signals(Fd fd, Watch watch);
  Fd fd_;
  Watch watch_;
};

}  // namespace om::event
