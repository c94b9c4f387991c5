// SPDX-License-Identifier: MIT
//
// Links: what carries commands to a host, seen from the code that runs a target: an SSH session, or
// this machine itself. A link is good for several commands, one after the other or at once. All of
// it belongs to one reactor's thread; answers and observers are only called from the loop, never
// from inside a call, and may destroy whatever called them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/bootstrap.h"

#include "om/backend/backend.h"
#include "om/base/result.h"
#include "om/base/secret.h"

namespace om::backend {

/// How a command ended, as far as its carrier knows: never success by itself.
struct CommandEnd {
  int exit_status = 0;
  std::string signal;
  bool saw_eof = false;  ///< both streams came to their end
};

class CommandObserver {
 public:
  /// The host took the command: something of ours may run there now.
  virtual void on_command_started() = 0;
  /// The view ends with the call.
  virtual void on_command_output(Stream stream, std::string_view bytes) = 0;
  /// Everything written so far is on its way: the moment to write more of something large.
  virtual void on_command_sent() = 0;
  /// Exactly once, and last.
  virtual void on_command_ended(Result<CommandEnd> end) = 0;

 protected:
  ~CommandObserver() = default;
};

/// One command under way. Destroying it abandons the command: its streams are closed, nothing is
/// killed.
class Command {
 public:
  virtual ~Command() = default;
  virtual void write(std::string bytes) = 0;
  virtual void write(std::shared_ptr<const std::string> bytes) = 0;
  virtual void finish_writing() = 0;
  virtual void set_reading(bool reading) = 0;
};

class Link {
 public:
  /// Gives the link back; its owner may keep it for others.
  virtual ~Link() = default;
  /// Requires: the observer outlives the command.
  virtual std::unique_ptr<Command> execute(const Bootstrap& bootstrap,
                                           CommandObserver& observer) = 0;
  /// Whether a Bootstrap's `terminal` can be had.
  virtual bool has_terminals() const = 0;
};

/// What a link leads to.
struct LinkTarget {
  Host host;
  std::vector<Host> jumps;  ///< on the way, the first one is reached straight
  RunId run;                ///< whose turn it is where links are waited for
};

/// Where links come from. SSH: the session pool.
class LinkSource {
 public:
  using Answer = std::function<void(Result<std::unique_ptr<Link>>)>;
  /// Gives up when destroyed: the answer is then never called.
  class Request {
   public:
    virtual ~Request() = default;
  };

  virtual ~LinkSource() = default;
  /// The error's reason says why there is none (ssh.*).
  virtual std::unique_ptr<Request> acquire(const LinkTarget& where, const Deadlines& deadlines,
                                           Answer answer) = 0;
  /// As whom commands run on the host before any become; empty: not known.
  virtual std::string login_of(const Host& host) const = 0;
  /// What the host's user types to become another one, or why there is nothing (key.*).
  virtual Result<Secret> become_password(const Host& host) const = 0;
};

}  // namespace om::backend
