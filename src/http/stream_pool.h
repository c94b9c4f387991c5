// SPDX-License-Identifier: MIT
//
// StreamPool: the live streams, a thread each, with a budget of their own so that they never take
// an HTTP worker. Each ends when its LiveStream does, its peer closes or stalls, or the pool stops.
// Any thread may call.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "http/answer.h"
#include "http/transport.h"

#include "om/http/limits.h"

namespace om::http {

class StreamPool {
 public:
  StreamPool(const Clock& clock, const Limits& limits) : clock_(clock), limits_(limits) {}
  /// Waits for the streams.
  ~StreamPool();

  /// False when the budget is spent.
  bool has_room();
  /// Goes on with `answer`, whose stream is set, on a thread of its own. Hangs up when there is no
  /// room, or the system gives no thread.
  void start(std::unique_ptr<Transport> transport, Answer answer);
  /// Ends every stream; false when some LiveStream has not come back within `patience`.
  bool stop(Duration patience);

 private:
  struct Entry {
    std::unique_ptr<Transport> transport;  // the thread's own, with the next
    Answer answer;
    bool ended = false;
    std::thread thread;
  };
  void run(Transport& transport, Answer& answer);
  bool stopping();
  std::size_t live() const;
  void join_ended(std::unique_lock<std::mutex>& lock);

  const Clock& clock_;
  const Limits limits_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::list<Entry> entries_;
  bool stopping_ = false;
};

}  // namespace om::http
