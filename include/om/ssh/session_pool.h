// SPDX-License-Identifier: MIT
//
// SessionPool: SSH sessions by where they go, as whom and through which jump hosts; kept for a
// while when nobody uses them, and lent again. A session is lent again only while the server has
// not gone, the key it showed is still right (every jump host's too), and no credential has been
// changed since it logged in. New ones are started in turns, so many at a time, in all, for one
// address and through one jump host. A jump host's session carries many others; there are several
// when it is slow to let one through, or full.
// Belongs to one reactor's thread; outlives its leases, commands and requests. Answers and
// observers are called from the loop only, never from inside a call, and may destroy whatever
// called them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/ssh/exec.h"
#include "om/ssh/session.h"

namespace om::ssh {

/// A host on the way.
struct Jump {
  std::string name;  ///< in messages
  SessionTarget target;
};

struct Route {
  std::vector<Jump> jumps;  ///< the first one is reached straight
  SessionTarget target;
};

struct PoolLimits {
  Duration idle = std::chrono::seconds(120);  ///< kept unused; 0: not at all
  std::size_t idle_sessions = 5000;           ///< kept unused; then the oldest go
  std::size_t idle_bytes = std::size_t{1} << 30;
  std::size_t connecting = 128;       ///< set out and not logged in yet, within slow_connect
  std::size_t connecting_at_one = 8;  ///< the same at one address, or through one jump host
  Duration slow_connect = std::chrono::seconds(1);
  std::size_t commands = 10;  ///< users of one session (sshd's MaxSessions)
  std::size_t tunnels = 50;   ///< sessions through one session
  std::size_t ways = 8;       ///< sessions with a jump host that is slow
  Duration slow_tunnel = std::chrono::milliseconds(250);
  Duration reused_open = std::chrono::seconds(5);  ///< for the first answer on a used session
  Duration oldest = std::chrono::hours(1);         ///< then, or after so many bytes, a session is
  std::uint64_t most_bytes = std::uint64_t{1} << 29;  ///< not lent again: it never rekeys itself
};

class PooledExec;
class PoolState;
class PoolUse;

/// The use of a session. Destroying it gives the session back.
class SessionLease {
 public:
  ~SessionLease();
  SessionLease(const SessionLease&) = delete;
  SessionLease& operator=(const SessionLease&) = delete;

  /// As Session::exec, also when the session has gone meanwhile. Where the server takes no further
  /// channel, or a session that was used before turns out to be dead, the command goes over a new
  /// session, once, and only if the server cannot have seen it.
  std::unique_ptr<PooledExec> exec(ExecOptions options, ExecObserver& observer);
  const SessionFacts& facts() const;

 private:
  friend class SessionPool;
  explicit SessionLease(std::unique_ptr<PoolUse> use);
  std::unique_ptr<PoolUse> use_;
};

/// As ExecChannel; destroyed before the pool.
class PooledExec {
 public:
  virtual ~PooledExec() = default;
  virtual void write(std::shared_ptr<const std::string> bytes) = 0;
  virtual void finish_writing() = 0;
  virtual std::size_t unsent_bytes() const = 0;
  virtual void set_reading(bool reading) = 0;
};

class SessionPool {
 public:
  /// The error is the session's. What a jump host did on the way is ssh.jump_failed, with the jump
  /// host's name and its own error in the message; see Session::start_through for the rest.
  using Answer = std::function<void(Result<std::unique_ptr<SessionLease>>)>;
  /// Gives up when destroyed: the answer is then never called.
  class Request {
   public:
    virtual ~Request() = default;
  };

  SessionPool(const SessionServices& services, const PoolLimits& limits);
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  /// `turn`: who asks; waiting requests are served one of each in turn.
  std::unique_ptr<Request> acquire(Route route, const SessionDeadlines& deadlines,
                                   std::int64_t turn, Answer answer);

  /// Sessions there are: in use, unused, on their way up or down.
  std::size_t size() const;
  std::size_t idle() const;

 private:
  std::unique_ptr<PoolState> state_;
};

}  // namespace om::ssh
