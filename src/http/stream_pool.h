// SPDX-License-Identifier: MIT
//
// StreamPool: the live streams, a thread each, with a budget of their own so that they never take
// an HTTP worker. Each ends when its LiveStream does, its peer closes or stalls, or the pool stops.
// Any thread may call.
#pragma once

#include <memory>

#include "http/answer.h"
#include "http/thread_set.h"
#include "http/transport.h"

#include "om/http/limits.h"

namespace om::http {

class StreamPool {
 public:
  StreamPool(const Clock& clock, const Limits& limits)
      : clock_(clock), limits_(limits), threads_(limits.streams) {}

  /// False when the budget is spent.
  bool has_room() { return threads_.has_room(); }
  /// Goes on with `answer`, whose stream is set, on a thread of its own. Hangs up when there is no
  /// room, or the system gives no thread.
  void start(std::unique_ptr<Transport> transport, Answer answer);
  /// Ends every stream; false when some LiveStream has not come back within `patience`.
  bool stop(Duration patience) { return threads_.stop(patience); }

 private:
  void run(Transport& transport, Answer& answer);

  const Clock& clock_;
  const Limits limits_;
  ThreadSet threads_;
};

}  // namespace om::http
