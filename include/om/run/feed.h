// SPDX-License-Identifier: MIT
//
// Feed: tells watchers what has just been committed. The writer's thread publishes, stream threads
// wait. It remembers only the last pieces of every run under way, each encoded once for all
// watchers; who is further behind reads the store and comes back. What is not committed never
// reaches it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "om/base/clock.h"
#include "om/model/ids.h"
#include "om/store/journal.h"

namespace om::run {

class Feed {
 public:
  /// The text of one piece for the watchers. Pure; called at most once a piece, on a watcher's
  /// thread.
  using Encode = std::function<std::string(const store::JournalEntry&)>;
  /// A run's remembered output is bounded by this many bytes.
  static constexpr std::size_t kRememberedBytes = 1 << 20;

  explicit Feed(Encode encode) : encode_(std::move(encode)) {}

  /// The run is under way; events up to `seq` are in the store. Any thread, before the first
  /// publish().
  void open(RunId run, std::int64_t seq);
  /// Committed: the events above `after_seq` up to entry->run.seq. Any thread, in order.
  void publish(std::int64_t after_seq, std::shared_ptr<const store::JournalEntry> entry);
  /// Nothing more will come: watchers find the end in the store.
  void close(RunId run);
  /// Wakes every watcher, now and from now on: the program ends.
  void shut_down();

  enum class State {
    quiet,   ///< nothing new within the wait
    news,    ///< pieces follow seamlessly after what was asked for
    behind,  ///< read the store, from what you have
    closed,  ///< the run is not under way (any more)
    ended,   ///< the program ends
  };
  struct News {
    State state = State::quiet;
    std::vector<std::shared_ptr<const std::string>> pieces;
    std::int64_t seq = 0;  ///< of the last piece
  };
  /// Waits until the run has events above `after_seq`. Any thread but a reactor's.
  News next(RunId run, std::int64_t after_seq, Duration wait);

 private:
  struct Piece {
    std::int64_t after_seq = 0;
    std::int64_t seq = 0;
    std::size_t size = 0;
    std::shared_ptr<const store::JournalEntry>
        entry;  ///< shared with the writer's callback; null once encoded
    std::shared_ptr<const std::string> encoded;  ///< shared with the watchers that send it
  };
  struct Line {
    std::int64_t seq = 0;
    std::size_t size = 0;
    std::deque<Piece> pieces;
  };

  const Encode encode_;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  bool shut_down_ = false;
  std::unordered_map<RunId, Line> lines_;
};

}  // namespace om::run
