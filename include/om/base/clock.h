// SPDX-License-Identifier: MIT
//
// Time. Monotonic time drives every deadline; wall time is only stored and shown. SystemClock is
// the real one; tests move a ManualClock. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace om {

using Duration = std::chrono::nanoseconds;
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// Milliseconds since 1970 in UTC: what the store holds and the API prints.
using WallMs = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallMs wall_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override;
  WallMs wall_ms() const override;
};

/// Stands still until told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallMs wall_ms = 1'700'000'000'000) : start_wall_ms_(wall_ms) {}
  MonotonicTime now() const override { return MonotonicTime(Duration(elapsed_ns_.load())); }
  WallMs wall_ms() const override { return start_wall_ms_ + elapsed_ns_.load() / 1'000'000; }
  void advance(Duration by) { elapsed_ns_ += by.count(); }

 private:
  WallMs start_wall_ms_;
  std::atomic<std::int64_t> elapsed_ns_{0};
};

/// "2026-11-22T20:28:08.123Z"
std::string rfc3339(WallMs wall_ms);
/// "120 ms", "1.2 s", "3 m 04 s": for people.
std::string duration_text(Duration duration);
std::int64_t whole_ms(Duration duration);

}  // namespace om
