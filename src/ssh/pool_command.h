// SPDX-License-Identifier: MIT
//
// PoolCommand: what is behind a PooledExec: a channel of the lease's session or, where the server
// did not even see the command there, of a new one. Belongs to the reactor's thread; the lease
// outlives it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ssh/pool_state.h"

#include "om/event/reactor.h"
#include "om/ssh/exec.h"

namespace om::ssh {

class PoolCommand final : public PooledExec, private ExecObserver {
 public:
  PoolCommand(PoolUse& use, ExecOptions options, ExecObserver& observer);
  ~PoolCommand() override;

  void write(std::shared_ptr<const std::string> bytes) override;
  void finish_writing() override;
  std::size_t unsent_bytes() const override;
  void set_reading(bool reading) override;

 private:
  void begin(PoolUse& use);
  bool may_try_again(const Error& error) const;
  void try_again(const Error& error);
  void on_exec_started() override;
  void on_exec_output(Stream stream, std::string_view bytes) override;
  void on_exec_sent() override;
  void on_exec_ended(Result<ExecStatus> end) override;

  PoolState& pool_;
  PoolUse* use_;                      ///< the lease's, or the next
  std::unique_ptr<PoolUse> own_use_;  ///< of the new session
  const ExecOptions options_;
  ExecObserver& observer_;

  /// Written before the command has started: to be written again. Owners: this, and the channel.
  std::vector<std::shared_ptr<const std::string>> input_;
  bool started_ = false;
  bool finished_writing_ = false;
  bool reading_ = true;
  bool tried_again_ = false;
  std::shared_ptr<Wait> asked_;  ///< while it waits for the new session
  event::Timer no_session_;
  std::unique_ptr<ExecChannel> channel_;
};

}  // namespace om::ssh
