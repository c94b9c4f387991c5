// SPDX-License-Identifier: MIT
//
// Delivery: takes a file to a host over a command of its own, before the script runs, and waits
// until that command has ended too (a host that allows one channel at a time must see it closed).
// Owned by a TargetRun; belongs to the reactor's thread. `done` is called once, from the loop, and
// may destroy the delivery.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/answer_line.h"
#include "backend/delivery_line.h"
#include "backend/shell_command.h"

namespace om::backend {

class Delivery final : public ShellObserver {
 public:
  /// Requires: reactor and link outlive it.
  Delivery(event::Reactor& reactor, Link& link, const Bootstrap& bootstrap,
           std::shared_ptr<const DeliveredFile> file, Duration sudo_deadline,
           std::function<void()> done);

  const ShellCommand& shell() const { return *shell_; }
  /// What the host answered; nothing if it did not.
  const std::optional<Result<FileOnHost>>& result() const { return result_; }
  /// How the command ended, as on_shell_ended says it.
  const std::optional<Result<CommandEnd>>& end() const { return end_; }
  /// What came instead of an answer, its first 4 KiB.
  const std::string& said() const { return said_; }

 private:
  void on_shell_output(Stream stream, std::string_view bytes) override;
  void on_shell_ended(std::optional<Result<CommandEnd>> end) override;

  const std::string nonce_;
  const std::shared_ptr<const DeliveredFile> file_;
  std::function<void()> done_;
  AnswerLine answer_;
  std::string said_;
  std::optional<Result<FileOnHost>> result_;
  std::optional<Result<CommandEnd>> end_;
  std::unique_ptr<ShellCommand> shell_;
};

}  // namespace om::backend
