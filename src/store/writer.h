// SPDX-License-Identifier: MIT
//
// Writer: the thread with the one connection that writes and checkpoints. Work queues up from any
// thread; each turn takes what is there, runs every piece in a savepoint, commits once and tells
// the callers. A turn with nobody waiting starts at most kGather after the previous one, so that a
// busy run costs 200 commits a second and not thousands; a caller that waits is served at once.
// After an I/O error the connection is not trusted any more and is opened anew.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/checkpoints.h"
#include "store/connection.h"

#include "om/store/store.h"

namespace om::store {

inline constexpr std::chrono::milliseconds kGather{5};
/// Without work for this long, the write-ahead log is emptied.
inline constexpr std::chrono::seconds kIdle{1};

class Writer {
 public:
  enum class Urgency {
    gather,   ///< may wait for more to commit with it
    waiting,  ///< a thread is blocked on it
  };
  using Reopen = std::function<Result<std::unique_ptr<Connection>>()>;

  /// Starts the thread.
  Writer(std::unique_ptr<Connection> connection, Checkpoints checkpoints, Reopen reopen);
  /// Commits what is queued, empties the log, joins.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void submit(Store::Work work, Store::Done done, Urgency urgency);
  bool on_writer_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  struct Piece {
    Store::Work work;
    Store::Done done;
    Urgency urgency = Urgency::gather;
    Result<void> result;
  };
  using Time = std::chrono::steady_clock::time_point;

  void loop();
  /// False once there is nothing left to do and the writer is to end.
  bool wait_for_work();
  void commit_some();
  /// Runs what is queued until the queue is empty or `until`. An error here concerns all of
  /// `pieces`.
  Result<void> run_pieces(std::vector<Piece>& pieces, Time until);
  bool take(std::vector<Piece>& pieces);
  Result<void> ensure_connection();
  void abandon_connection();

  const Reopen reopen_;
  // The writer's thread only, once it runs:
  std::unique_ptr<Connection> connection_;  ///< null after an I/O error, until opened anew
  std::optional<Checkpoints> checkpoints_;  ///< of connection_
  Time next_turn_{};
  bool failing_ = false;  ///< the last turn did: told once

  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_:
  std::deque<Piece> queue_;
  int waiting_ = 0;  ///< pieces in queue_ that a thread is blocked on
  bool stop_ = false;

  std::thread thread_;  // last: sees everything else made
};

}  // namespace om::store
