// SPDX-License-Identifier: MIT
//
// Delivery: the transfer that takes a file to a host before the script runs, into a folder of its
// own that goes with the script, and waits until its command has ended too (a host that allows one
// channel at a time must see it closed).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backend/answer_line.h"
#include "backend/delivery_line.h"
#include "backend/source_flow.h"
#include "backend/transfer.h"

namespace om::backend {

class Delivery final : public Transfer, public ShellObserver {
 public:
  /// Requires: reactor, link and access outlive it; the source is a file.
  Delivery(event::Reactor& reactor, Link& link, ShellAccess& access,
           std::shared_ptr<CopySource> source, TransferEvents events);
  ~Delivery() override;

  const ShellCommand* shell() const override { return shell_.get(); }
  std::optional<Result<Transferred>> take_result() override { return std::move(result_); }
  const std::optional<Result<CommandEnd>>& end() const override { return end_; }
  const std::string& said() const override { return said_; }
  std::string state_text() const override { return {}; }

 private:
  void on_examined(const Result<std::shared_ptr<const SourceFacts>>& facts);
  void on_shell_output(Stream stream, std::string_view bytes) override;
  void on_shell_sent() override;
  void on_shell_ended(std::optional<Result<CommandEnd>> end) override;
  void give_up(Error error);
  void tell_done();

  event::Reactor& reactor_;
  Link& link_;
  ShellAccess& access_;
  const std::shared_ptr<CopySource> source_;  ///< owners: the run, and each of its transfers
  TransferEvents events_;
  DeliveredFile file_;
  AnswerLine answer_;
  std::string said_;
  std::optional<Result<Transferred>> result_;
  std::optional<Result<CommandEnd>> end_;
  std::unique_ptr<ShellCommand> shell_;
  std::unique_ptr<SourceFlow> flow_;  ///< once the line is on its way
  /// False once this is destroyed; owners: this, and calls under way.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace om::backend
