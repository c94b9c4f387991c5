// SPDX-License-Identifier: MIT
//
// Copy: brings one source to one host: has it examined here, asks the host what it has, sends what
// is missing, and waits until that is verified and in place. The words between the two are
// copy_line.h's. A host that moves nothing for a while is given up (copy.stalled).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/answer_lines.h"
#include "backend/copy_line.h"
#include "backend/source_flow.h"
#include "backend/transfer.h"

#include "om/event/reactor.h"

namespace om::backend {

class Copy final : public Transfer, public ShellObserver {
 public:
  /// Requires: reactor, link and access outlive it; check_copy_order.
  Copy(event::Reactor& reactor, Link& link, ShellAccess& access, std::shared_ptr<CopySource> source,
       CopyOrder order, TransferEvents events);
  ~Copy() override;

  const ShellCommand* shell() const override { return shell_.get(); }
  std::optional<Result<Transferred>> take_result() override { return std::move(result_); }
  const std::optional<Result<CommandEnd>>& end() const override { return end_; }
  const std::string& said() const override { return said_; }
  std::string state_text() const override;

 private:
  enum class State { examining, asking, sending, verifying, placing };

  void on_examined(const Result<std::shared_ptr<const SourceFacts>>& facts);
  void on_shell_output(Stream stream, std::string_view bytes) override;
  void on_shell_sent() override;
  void on_shell_ended(std::optional<Result<CommandEnd>> end) override;
  void on_words(const AnswerWords& words);
  void on_partial(const AnswerWords& words);
  void on_needed(const AnswerWords& words);
  void on_go(const AnswerWords& words);
  void send(std::vector<ByteRange> ranges, std::int64_t have_bytes, std::int64_t total_bytes);
  void on_moved(std::int64_t bytes);
  void tell_progress(std::int64_t done_bytes);
  void wait_for_host(std::int64_t bytes_to_hash);
  void answer(std::string line);
  void settle(Result<Transferred> result);
  void give_up(Error error);
  void tell_done();
  bool is_folder() const { return source_->kind() == CopySource::Kind::folder; }
  std::string done_text() const;

  event::Reactor& reactor_;
  Link& link_;
  ShellAccess& access_;
  const std::shared_ptr<CopySource> source_;  ///< owners: the run, and each of its transfers
  const CopyOrder order_;
  TransferEvents events_;

  State state_ = State::examining;
  std::shared_ptr<const SourceFacts> facts_;  ///< shared by the run's targets
  std::optional<std::int64_t> partial_bytes_;
  std::vector<std::size_t> needed_;  ///< members of a folder
  std::int64_t kept_bytes_ = 0;      ///< were there from a try before
  std::int64_t sent_bytes_ = 0;
  std::int64_t total_bytes_ = 0;
  AnswerLines answers_;
  std::string said_;
  std::optional<Result<Transferred>> result_;
  std::optional<Result<CommandEnd>> end_;
  event::Timer stall_;
  std::unique_ptr<ShellCommand> shell_;
  std::unique_ptr<SourceFlow> flow_;
  /// False once this is destroyed; owners: this, and calls under way.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace om::backend
