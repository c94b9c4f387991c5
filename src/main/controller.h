// SPDX-License-Identifier: MIT
//
// Controller: one running omserver, composed by hand: store, keys, catalogue, backends, coordinator
// and the API over them, and the reactor's thread. It owns all of it and the data directory's lock;
// a front is put before dispatch() by `serve`, and the commands call dispatch() directly. Made and
// destroyed on main's thread; dispatch() from any.
#pragma once

#include <memory>
#include <string>

#include "main/command_line.h"
#include "main/data_dir.h"

#include "om/api/request.h"
#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::main {

class Controller {
 public:
  /// Opens the store (creating and seeding it at the first start), marks what was under way as
  /// interrupted, loads the keys and starts the reactor. Requires: clock outlives the controller.
  static Result<std::unique_ptr<Controller>> open(DataDir data, const ServeCommand& settings,
                                                  const Clock& clock);
  /// Stops the reactor and closes everything; runs that are still under way become interrupted.
  ~Controller();

  api::Response dispatch(const api::Request& request);
  /// True when this start made the data directory.
  bool first_start() const;
  /// Wakes and ends every live stream, now and from now on.
  void end_streams();
  const DataDir& data() const;

 private:
  struct State;
  explicit Controller(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::main
