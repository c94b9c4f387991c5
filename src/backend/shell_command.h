// SPDX-License-Identifier: MIT
//
// ShellCommand: one command started by the bootstrap on a link. It sees a become through (one
// prompt is answered with the password; where a terminal is insisted on, it starts once more on
// one), sends the line and what follows it, and passes on what the shell prints. Owned by whoever
// wants it; belongs to the reactor's thread. The observer is only called from the loop and may
// destroy the command from any call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/become_watch.h"
#include "backend/link.h"

#include "om/base/secret.h"
#include "om/event/reactor.h"

namespace om::backend {

/// Standard input of the bootstrap's shell.
struct ShellInput {
  std::string line;                         ///< with its newline; may hold secrets
  std::shared_ptr<const std::string> body;  ///< what the line's command reads; may be null
  enum class End { at_once, by_caller };
  End end = End::at_once;  ///< by_caller: write() goes on with it, finish_writing() ends it
};

/// What the commands of one target have in common.
struct ShellAccess {
  Bootstrap bootstrap;         ///< `terminal` is set by the first command that finds it needed
  Result<Secret> password;     ///< for the become, or why there is none
  Duration become_deadline{};  ///< how long sudo may take, before and after the password
};

class ShellObserver {
 public:
  /// sudo's words are not among it.
  virtual void on_shell_output(Stream stream, std::string_view bytes) = 0;
  /// Everything written so far is on its way. Only where the caller ends the input.
  virtual void on_shell_sent() {}
  /// Exactly once, and last. Nothing: the become came to a stop (see become()), and the command was
  /// given up.
  virtual void on_shell_ended(std::optional<Result<CommandEnd>> end) = 0;

 protected:
  ~ShellObserver() = default;
};

class ShellCommand final : private CommandObserver {
 public:
  /// Requires: link, access and observer outlive it.
  ShellCommand(event::Reactor& reactor, Link& link, ShellAccess& access, ShellInput input,
               ShellObserver& observer);
  ~ShellCommand();

  /// The host took the command.
  bool started() const { return started_; }
  /// The input began to go out: the line may have been carried out.
  bool input_sent() const { return started_ && sent_; }
  BecomeState become() const { return become_.state(); }
  std::string become_said() const { return become_.said(); }
  /// It would have to be tried on a terminal, and there was none (or nothing to type on it).
  bool wants_terminal() const { return become_.wants_terminal(); }
  void set_reading(bool reading);
  /// Requires: the caller ends the input, and the shell has answered (or on_shell_sent has come).
  void write(std::shared_ptr<const std::string> bytes);
  void finish_writing();

 private:
  void on_command_started() override;
  void on_command_output(Stream stream, std::string_view bytes) override;
  void on_command_sent() override;
  void on_command_ended(Result<CommandEnd> end) override;
  bool behind_become() const;
  void await_become();
  void answer_prompt();
  bool start_on_terminal();
  void send();
  void put(std::shared_ptr<const std::string> bytes);
  void end_input();
  void give_up();

  event::Reactor& reactor_;
  Link& link_;
  ShellAccess& access_;
  ShellInput input_;
  ShellObserver& observer_;
  BecomeWatch become_;
  bool started_ = false;
  bool sent_ = false;
  bool reading_ = true;
  event::Timer become_timer_;
  std::unique_ptr<Command> command_;
};

}  // namespace om::backend
