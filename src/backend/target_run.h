// SPDX-License-Identifier: MIT
//
// TargetRun: one target of a batch from the link to its Finished event; the same for every
// LinkSource. It passes through the states linking, transferring (a file), running (a script),
// stopping, cleaning (a file that nobody will use) and finished. Owned by a BatchExecution; belongs
// to the reactor's thread. The sink is only called from the loop, and may destroy the target from
// any call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/conversation.h"
#include "backend/link.h"
#include "backend/shell_command.h"
#include "backend/stop.h"
#include "backend/transfer.h"
#include "backend/verdict.h"

#include "om/event/reactor.h"

namespace om::backend {

class TargetRun final : public ShellObserver {
 public:
  /// Sets out at once. Requires: reactor, source and sink outlive it; `target` is one of batch's.
  TargetRun(event::Reactor& reactor, LinkSource& source, std::shared_ptr<const Batch> batch,
            const BatchTarget& target, Sink& sink);
  ~TargetRun();

  void cancel() { stop(Cause::cancelled); }
  void set_reading(bool reading);

 private:
  enum class State { linking, transferring, running, stopping, cleaning, finished };

  Result<void> prepare_become();
  LinkTarget where() const;
  void on_link(Result<std::unique_ptr<Link>> link);
  void transfer();
  void on_transferred();
  void on_result(Result<Transferred> result);
  void run_script(std::unique_ptr<FileOnHost> file);
  void on_shell_output(Stream stream, std::string_view bytes) override;
  void on_shell_ended(std::optional<Result<CommandEnd>> end) override;
  void on_marks();
  void stop(Cause cause);
  void send_stop();
  void on_stopped(std::optional<StopAnswer> answer, std::string why_not);
  void note_shell(const ShellCommand& shell, const std::string& said);
  void finish();
  void finish_with(Finished finished);
  void clean_up();
  void report();
  void emit(HostEvent event);
  bool is_over() const { return state_ == State::cleaning || state_ == State::finished; }

  event::Reactor& reactor_;
  LinkSource& source_;
  const std::shared_ptr<const Batch> batch_;  ///< shared by the targets of the batch
  const ScriptJob* const job_;                ///< the batch's script, if the job has one; else null
  const BatchTarget& target_;
  Sink& sink_;
  ShellAccess access_;
  /// False once this is destroyed; owners: this, and calls under way.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  State state_ = State::linking;
  Seen seen_;
  Finished finished_;
  bool started_told_ = false;
  bool reading_ = true;
  bool stop_answered_ = false;
  bool file_on_host_ = false;  ///< and the script, which would remove it, was not sent

  Conversation conversation_;
  event::Timer run_timer_;   ///< the run's deadline
  event::Timer wait_timer_;  ///< of the shorter waits: the second end mark, the stop, the removal
  event::Timer conclude_timer_;
  std::unique_ptr<LinkSource::Request> request_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Transfer> transfer_;
  std::string transferred_;  ///< what came of it, for the message of a command that follows
  std::unique_ptr<ShellCommand> shell_;
  std::unique_ptr<Stop> stop_;

  /// Waits for the end of the removal, whatever it says.
  class Removal;
  std::unique_ptr<Removal> removal_;
};

}  // namespace om::backend
