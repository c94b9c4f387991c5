// SPDX-License-Identifier: MIT
#include "om/access/throttle.h"

#include <algorithm>

#include "om/base/crypto.h"

namespace om::access {
namespace {

constexpr std::chrono::minutes kMinute{1};

Duration wait_after(std::size_t wrong_in_a_row) {
  if (wrong_in_a_row < kFreeTries) return Duration::zero();
  constexpr std::size_t kDoublings = 6;  // 1 s to 64 s
  const std::size_t doublings = std::min(wrong_in_a_row - kFreeTries, kDoublings);
  return std::min<Duration>(kFirstWait * (1 << doublings), kLongestWait);
}

}  // namespace

Duration Throttle::wait_of(const Account& account) const {
  const MonotonicTime now = clock_.now();
  MonotonicTime allowed = account.last + wait_after(account.in_a_row);
  if (account.this_minute.size() >= kTriesAMinute)
    allowed = std::max(allowed, account.this_minute.front() + kMinute);
  return std::max(Duration::zero(), Duration(allowed - now));
}

Duration Throttle::try_now(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const std::string key = crypto::sha256(name);
  if (accounts_.size() >= kAccounts && !accounts_.contains(key)) forget_one();
  Account& account = accounts_[key];
  const MonotonicTime now = clock_.now();
  if (const Duration wait = wait_of(account); wait > Duration::zero()) return wait;
  while (!account.this_minute.empty() && account.this_minute.front() + kMinute <= now)
    account.this_minute.pop_front();
  account.this_minute.push_back(now);
  account.last = now;
  ++account.in_a_row;
  return Duration::zero();
}

Duration Throttle::wait(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(crypto::sha256(name));
  return found == accounts_.end() ? Duration::zero() : wait_of(found->second);
}

void Throttle::succeeded(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(crypto::sha256(name));
  if (found != accounts_.end()) found->second.in_a_row = 0;
}

std::size_t Throttle::remembered() const {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

void Throttle::forget_one() {
  const auto quiet =
      std::ranges::min_element(accounts_, {}, [](const auto& entry) { return entry.second.last; });
  accounts_.erase(quiet);
}

}  // namespace om::access
