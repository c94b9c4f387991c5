// SPDX-License-Identifier: MIT
//
// Front: everything between a socket and dispatch(). One epoll loop in a thread of its own accepts,
// collects heads and bodies, parks idle connections and writes answers, so that a slow peer holds
// no thread; it refuses what is malformed, ambiguous, too large or addressed to another host. Only
// a complete request goes to a worker thread, which calls dispatch(). Live streams have threads of
// their own. start() and stop() belong to one thread (main's); the rest happens inside.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "om/api/request.h"
#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/http/limits.h"
#include "om/http/listener.h"

namespace om::http {

struct FrontOptions {
  Limits limits;
  /// Names this controller answers to besides localhost and its addresses.
  std::vector<std::string> names;
  /// Whether dispatch() is asked before the body is read, and may answer with a BodyReceiver.
  /// Called on the loop. Empty: never.
  std::function<bool(std::string_view method, std::string_view path)> takes_upload;
};

class Front {
 public:
  /// Takes the listeners and begins to serve. Requires: `clock` outlives the front; what `dispatch`
  /// refers to does too, and it may be called by several threads at once.
  static Result<std::unique_ptr<Front>> start(const Clock& clock, FrontOptions options,
                                              std::vector<Listener> listeners,
                                              api::Dispatch dispatch);
  /// Stops, and then waits for as long as it takes.
  ~Front();

  /// Closes the listeners first, then idle connections; ends live streams; lets requests under way
  /// be answered, for at most Limits::stop_time. False when some thread was still inside dispatch()
  /// or a LiveStream by then: the destructor would wait for it, so the caller leaves by _exit.
  bool stop();

 private:
  struct State;
  explicit Front(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::http
