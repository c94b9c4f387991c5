// SPDX-License-Identifier: MIT
//
// ShellCommand: one command started by the bootstrap on a link. It sees a become through (a
// password is not known here: a prompt ends it), sends the line and what follows it, and passes on
// what the shell prints. Owned by whoever wants it; belongs to the reactor's thread. The observer
// is only called from the loop and may destroy the command from any call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/link.h"
#include "backend/sudo_watch.h"

#include "om/event/reactor.h"

namespace om::backend {

/// Standard input of the bootstrap's shell.
struct ShellInput {
  std::string line;                         ///< with its newline; may hold secrets
  std::shared_ptr<const std::string> body;  ///< what the line's command reads; may be null
  enum class End { at_once, by_caller };
  End end = End::at_once;  ///< by_caller: write() goes on with it, finish_writing() ends it
};

class ShellObserver {
 public:
  /// sudo's words are not among it.
  virtual void on_shell_output(Stream stream, std::string_view bytes) = 0;
  /// Everything written so far is on its way. Only where the caller ends the input.
  virtual void on_shell_sent() {}
  /// Exactly once, and last. Nothing: sudo asked for a password, or said nothing in time (see
  /// sudo()); the command was given up.
  virtual void on_shell_ended(std::optional<Result<CommandEnd>> end) = 0;

 protected:
  ~ShellObserver() = default;
};

class ShellCommand final : private CommandObserver {
 public:
  /// Requires: link and observer outlive it. `sudo_deadline` is how long sudo may take.
  ShellCommand(event::Reactor& reactor, Link& link, const Bootstrap& bootstrap, ShellInput input,
               Duration sudo_deadline, ShellObserver& observer);
  ~ShellCommand();

  /// The host took the command.
  bool started() const { return started_; }
  /// The input began to go out: the line may have been carried out.
  bool input_sent() const { return started_ && sent_; }
  SudoState sudo() const { return become_ ? sudo_.state() : SudoState::unused; }
  std::string sudo_said() const { return sudo_.said(); }
  void set_reading(bool reading);
  /// Requires: the caller ends the input, and the shell has answered (or on_shell_sent has come).
  void write(std::shared_ptr<const std::string> bytes);
  void finish_writing();

 private:
  void on_command_started() override;
  void on_command_output(Stream stream, std::string_view bytes) override;
  void on_command_sent() override;
  void on_command_ended(Result<CommandEnd> end) override;
  void send();
  void give_up();

  event::Reactor& reactor_;
  ShellInput input_;
  ShellObserver& observer_;
  const bool become_;
  const Duration sudo_deadline_;
  SudoWatch sudo_;
  bool started_ = false;
  bool sent_ = false;
  event::Timer sudo_timer_;
  std::unique_ptr<Command> command_;
};

}  // namespace om::backend
