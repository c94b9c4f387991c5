// SPDX-License-Identifier: MIT
//
// Child: one process of this machine, with its standard streams on the reactor. It leads a session
// and process group of its own, starts with default signals, the umask and environment given and
// no descriptor but 0, 1 and 2; no shell is involved. Owned by whoever started it; belongs to the
// reactor's thread. The observer is only called from the loop, never from inside start() or another
// call; it may destroy the child from any call. What cannot be started is an Error at once:
// process.not_found, process.start_failed. Started by clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD):
// no copy of our page tables (fork), the pidfd without a race and the umask (posix_spawn has
// neither).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/model/outcome.h"

namespace om::event {
class Reactor;
}

namespace om::process {

struct Exited {
  int code = 0;
};
struct Signalled {
  int signal_number = 0;
};
using Exit = std::variant<Exited, Signalled>;

enum class Input {
  null,  ///< /dev/null: a prompt fails at once
  pipe,  ///< what write() gives
};

/// What becomes of a process whose Child is destroyed before it ended. It is reaped either way.
enum class WhenDropped {
  kill,   ///< SIGKILL to its group
  leave,  ///< its streams are closed, it may go on
};

struct ChildOptions {
  std::vector<std::string> argv;         ///< argv[0]: a path, or a name looked up in PATH
  std::vector<std::string> environment;  ///< all of it: see environment.h
  std::string directory = "/";
  mode_t umask = 077;
  Input input = Input::null;
  WhenDropped when_dropped = WhenDropped::kill;
  Duration deadline = Duration::zero();      ///< then terminate(); zero: none
  Duration grace = std::chrono::seconds(5);  ///< from SIGTERM to SIGKILL
  /// How long to go on reading after the end of the process while others hold its streams.
  Duration drain = std::chrono::seconds(2);
};

struct ChildEnd {
  Exit exit;
  bool deadline_passed = false;
  bool streams_held = false;  ///< somebody else still had its output open: there may be more
};

class ChildObserver {
 public:
  /// The view ends with the call.
  virtual void on_child_output(Stream stream, std::string_view bytes) = 0;
  /// Everything written so far has been taken: the moment to write more of something large.
  virtual void on_child_sent() {}
  /// Exactly once, and last: the process was reaped, and its streams were at their end or held by
  /// others for longer than ChildOptions::drain.
  virtual void on_child_ended(ChildEnd end) = 0;

 protected:
  ~ChildObserver() = default;
};

class Child {
 public:
  /// Requires: reactor and observer outlive the child; argv is not empty.
  static Result<std::unique_ptr<Child>> start(event::Reactor& reactor, const ChildOptions& options,
                                              ChildObserver& observer);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Appends to standard input; written as fast as it is read. What the process leaves unread is
  /// dropped without a word. Ignored after finish_writing(), and with Input::null.
  void write(std::string bytes);
  /// The same without a copy.
  void write(std::shared_ptr<const std::string> bytes);
  /// End of file on standard input after what has been written.
  void finish_writing();
  std::size_t unsent_bytes() const;

  /// Back-pressure: while false nothing is read, and the process is stopped by its full pipes.
  void set_reading(bool reading);

  /// SIGTERM to the group, SIGKILL to what is left of it after the grace. Harmless when repeated.
  void terminate();

  /// Also the number of its process group and session.
  pid_t pid() const;

 private:
  class Engine;
  explicit Child(std::shared_ptr<Engine> engine);
  std::shared_ptr<Engine> engine_;  ///< shared with its own callbacks while they run
};

}  // namespace om::process
