// SPDX-License-Identifier: MIT
//
// Throttle: how often a password may be tried, per account. Not per address: behind `ssh -L`
// everybody is 127.0.0.1. After kFreeTries wrong ones in a row each further try has to wait, twice
// as long every time, up to kLongestWait; and in any minute there are at most kTriesAMinute.
// Unknown names are counted as known ones are, or the difference would tell. Remembers at most
// kAccounts names and forgets the one that was quiet for longest. Pure but for the Clock. Any
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "om/base/clock.h"

namespace om::access {

inline constexpr std::size_t kFreeTries = 4;
inline constexpr std::size_t kTriesAMinute = 10;
inline constexpr std::chrono::seconds kFirstWait{1};
inline constexpr std::chrono::seconds kLongestWait{60};
inline constexpr std::size_t kAccounts = 1024;

class Throttle {
 public:
  /// Requires: clock outlives this.
  explicit Throttle(const Clock& clock) : clock_(clock) {}

  /// Counts a try and returns zero; or counts nothing and returns how long to wait.
  Duration try_now(const std::string& account);
  /// How long a try would have to wait. Counts nothing.
  Duration wait(const std::string& account) const;
  /// The last try was right: the waits begin anew, the tries of this minute stay.
  void succeeded(const std::string& account);
  std::size_t remembered() const;

 private:
  struct Account {
    std::size_t in_a_row = 0;
    MonotonicTime last{};
    std::deque<MonotonicTime> this_minute;
  };
  Duration wait_of(const Account& account) const;
  void forget_one();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Account> accounts_;  // by SHA-256 of the name; guarded by mutex_
};

}  // namespace om::access
