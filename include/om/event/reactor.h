// SPDX-License-Identifier: MIT
//
// Reactor: one epoll loop in one thread. It owns nothing it watches: sessions, children and sockets
// register a descriptor or a timer and are told. Everything but post(), stop() and the constructor
// belongs to the loop's thread. Nothing called from here may block. Callbacks may register, cancel
// and destroy watches and timers, including their own; a callback that destroys its own owner must
// do so last. Watches and timers must be destroyed before the reactor. now() stands still during a
// turn.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::event {

class Reactor;

/// What a descriptor is watched for, and what came (bits of EPOLLIN, EPOLLOUT ...).
enum Ready : std::uint32_t { kReadable = 1, kWritable = 2, kHangup = 4 };

/// A registration for one descriptor; ends when destroyed. The descriptor must stay open until
/// then.
class Watch {
 public:
  Watch() = default;
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  ~Watch();
  bool active() const { return reactor_ != nullptr; }
  /// Changes what is waited for (kReadable | kWritable; 0 waits for hang-up only).
  void set_interest(std::uint32_t interest);
  void cancel();

 private:
  friend class Reactor;
  Reactor* reactor_ = nullptr;
  std::uint64_t key_ = 0;
};

/// One shot in the future; cancelled when destroyed.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();
  /// Not fired and not cancelled yet.
  bool active() const;
  void cancel();

 private:
  friend class Reactor;
  Reactor* reactor_ = nullptr;
  std::uint64_t key_ = 0;
};

class Reactor {
 public:
  using ReadyFn = std::function<void(std::uint32_t ready)>;
  using Task = std::function<void()>;

  /// Requires: `clock` outlives the reactor.
  static Result<std::unique_ptr<Reactor>> create(const Clock& clock);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Runs the loop in the calling thread until stop(). Tasks posted before stop() still run.
  void run();
  /// One turn: waits at most `max_wait`. For tests and for a command that drives its own loop.
  void turn(Duration max_wait);
  /// From any thread.
  void stop();
  /// Runs `task` on the loop's thread, in order. From any thread; never runs it before returning.
  void post(Task task);

  /// Level-triggered. Requires: fd is not watched yet.
  Watch watch(int fd, std::uint32_t interest, ReadyFn on_ready);
  Timer after(Duration delay, Task on_timer);
  /// Time at the beginning of this turn.
  MonotonicTime now() const;
  const Clock& clock() const;
  /// True on the thread that runs the loop (or before any has).
  bool on_loop_thread() const;

 private:
  friend class Watch;
  friend class Timer;
  struct State;
  explicit Reactor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::event
