// SPDX-License-Identifier: MIT
#include "ssh/pool_command.h"

#include <algorithm>
#include <utility>

namespace om::ssh {

PoolCommand::PoolCommand(PoolUse& use, ExecOptions options, ExecObserver& observer)
    : pool_(use.pool), use_(&use), options_(std::move(options)), observer_(observer) {
  begin(use);
}

PoolCommand::~PoolCommand() {
  channel_.reset();
  if (asked_) pool_.give_up(*asked_);
}

void PoolCommand::begin(PoolUse& use) {
  use_ = &use;
  Session& session = *use.entry.session;
  if (!session.is_ready()) {
    no_session_ = pool_.reactor().after(Duration::zero(), [this] {
      on_exec_ended(fail(Errc::disconnected, "ssh.disconnected", "the session has ended"));
    });
    return;
  }
  ExecOptions options = options_;
  if (use.reused) options.open = std::min(options.open, pool_.limits().reused_open);
  channel_ = session.exec(std::move(options), *this);
  for (const auto& bytes : input_) channel_->write(bytes);
  if (finished_writing_) channel_->finish_writing();
  if (!reading_) channel_->set_reading(false);
}

void PoolCommand::write(std::shared_ptr<const std::string> bytes) {
  if (finished_writing_) return;
  if (!started_) input_.push_back(bytes);
  if (channel_) channel_->write(std::move(bytes));
}

void PoolCommand::finish_writing() {
  finished_writing_ = true;
  if (channel_) channel_->finish_writing();
}

std::size_t PoolCommand::unsent_bytes() const {
  if (channel_) return channel_->unsent_bytes();
  std::size_t bytes = 0;
  for (const auto& piece : input_) bytes += piece->size();
  return bytes;
}

void PoolCommand::set_reading(bool reading) {
  reading_ = reading;
  if (channel_) channel_->set_reading(reading);
}

/// Never for a command that the server may have seen.
bool PoolCommand::may_try_again(const Error& error) const {
  if (tried_again_ || (channel_ && channel_->was_requested())) return false;
  if (error.reason == "ssh.channel_refused") {
    return use_->reused || use_->entry.session->channel_count() > 1;
  }
  return use_->reused && (error.reason == "ssh.disconnected" || error.reason == "ssh.silent" ||
                          error.reason == "ssh.exec_timed_out");
}

void PoolCommand::try_again(const Error& error) {
  tried_again_ = true;
  PoolEntry& entry = use_->entry;
  if (error.reason == "ssh.channel_refused") entry.most_uses = 1;
  channel_.reset();
  asked_ = std::make_shared<Wait>();
  asked_->route = entry.route;
  asked_->deadlines = entry.deadlines;
  asked_->turn = entry.turn;
  asked_->fresh = true;
  asked_->answer = [this](Result<std::unique_ptr<PoolUse>> use) {
    asked_ = nullptr;
    if (!use) return observer_.on_exec_ended(std::move(use).error());
    own_use_ = *std::move(use);
    begin(*own_use_);
  };
  pool_.ask(asked_);
}

void PoolCommand::on_exec_started() {
  started_ = true;
  input_.clear();
  observer_.on_exec_started();
}

void PoolCommand::on_exec_output(Stream stream, std::string_view bytes) {
  observer_.on_exec_output(stream, bytes);
}

void PoolCommand::on_exec_sent() { observer_.on_exec_sent(); }

void PoolCommand::on_exec_ended(Result<ExecStatus> end) {
  if (!end && may_try_again(end.error())) return try_again(end.error());
  observer_.on_exec_ended(std::move(end));
}

}  // namespace om::ssh
