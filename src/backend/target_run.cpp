// SPDX-License-Identifier: MIT
#include "backend/target_run.h"

#include <utility>

#include "backend/carrier.h"
#include "backend/copy.h"
#include "backend/delivery.h"

namespace om::backend {
namespace {

/// From one stream's end mark to the other's, which is on its way unless the host mixed them up.
constexpr Duration kSecondMarkWait = std::chrono::seconds(5);
/// After the host has confirmed a stop: for the end marks and what was still being printed.
constexpr Duration kLastOutputWait = std::chrono::seconds(2);
constexpr Duration kRemovalWait = std::chrono::seconds(5);

/// What runs on the host by the carrier, if anything does.
const ScriptJob* script_of(const Job& job) {
  if (const auto* script = std::get_if<ScriptJob>(&job)) return script;
  if (const auto* copy = std::get_if<CopyJob>(&job); copy != nullptr && copy->command.script) {
    return &copy->command;
  }
  return nullptr;
}

/// Whether the host may have begun with it.
bool has_begun(const Transfer& transfer) {
  return transfer.shell() != nullptr && transfer.shell()->input_sent();
}

}  // namespace

/// Sends the removal of a delivered file and waits until the host is through with it.
class TargetRun::Removal final : public ShellObserver {
 public:
  explicit Removal(TargetRun& run)
      : run_(run),
        shell_(run.reactor_, *run.link_, run.access_,
               ShellInput{removal_line(run.access_.bootstrap.nonce), nullptr}, *this) {}

 private:
  void on_shell_output(Stream, std::string_view) override {}
  void on_shell_ended(std::optional<Result<CommandEnd>>) override {
    run_.conclude_timer_ = run_.reactor_.after(Duration::zero(), [&run = run_] { run.report(); });
  }

  TargetRun& run_;
  ShellCommand shell_;
};

TargetRun::TargetRun(event::Reactor& reactor, LinkSource& source,
                     std::shared_ptr<const Batch> batch, const BatchTarget& target, Sink& sink)
    : reactor_(reactor),
      source_(source),
      batch_(std::move(batch)),
      job_(script_of(batch_->job)),
      target_(target),
      sink_(sink),
      access_{Bootstrap{new_nonce()}, Secret(), batch_->deadlines.login},
      conversation_(access_.bootstrap.nonce) {
  seen_.run_deadline = batch_->deadlines.run;
  Result<void> fits = prepare_become();
  if (fits && job_ != nullptr) fits = check_parameters(job_->parameters);
  if (!fits) {
    const Error& error = fits.error();
    finish_with({Outcome::failed, std::nullopt, {}, error.reason, error.message});
    return;
  }
  request_ =
      source_.acquire(where(), batch_->deadlines,
                      [this](Result<std::unique_ptr<Link>> link) { on_link(std::move(link)); });
}

LinkTarget TargetRun::where() const { return {target_.host, target_.jumps, batch_->run_id}; }

TargetRun::~TargetRun() { *alive_ = false; }

Result<void> TargetRun::prepare_become() {
  const Host& host = target_.host;
  // Who logs in as the user anyway needs no sudo for it, which the host may not even have.
  if (host.become.empty() || host.become == source_.login_of(host)) return {};
  OM_TRY(check_become(host.become));
  access_.bootstrap.become = host.become;
  access_.bootstrap.method = host.become_method;
  access_.password = source_.become_password(host);
  seen_.become_user = host.become;
  seen_.become_method = host.become_method;
  if (!access_.password) seen_.no_password = access_.password.error().message;
  return {};
}

void TargetRun::set_reading(bool reading) {
  reading_ = reading;
  if (shell_) shell_->set_reading(reading);
}

void TargetRun::on_link(Result<std::unique_ptr<Link>> link) {
  if (is_over()) return;
  if (!link) {
    seen_.end = std::move(link).error();
    finish();
    return;
  }
  link_ = std::move(link).value();
  run_timer_ = reactor_.after(batch_->deadlines.run, [this] { stop(Cause::timed_out); });
  if (std::holds_alternative<ScriptJob>(batch_->job) && !job_->file) {
    run_script(nullptr);
  } else {
    transfer();
  }
}

void TargetRun::transfer() {
  state_ = State::transferring;
  TransferEvents events;
  events.done = [this] { on_transferred(); };
  events.progress = [this](std::int64_t done_bytes, std::int64_t total_bytes) {
    if (!is_over()) emit(Progress{done_bytes, total_bytes});
  };
  if (const auto* copy = std::get_if<CopyJob>(&batch_->job)) {
    transfer_ = std::make_unique<Copy>(reactor_, *link_, access_, copy->source, copy->order,
                                       std::move(events));
  } else {
    file_on_host_ = true;
    transfer_ =
        std::make_unique<Delivery>(reactor_, *link_, access_, job_->file, std::move(events));
  }
}

void TargetRun::on_transferred() {
  if (is_over()) return;
  const std::unique_ptr<Transfer> transfer = std::move(transfer_);
  std::optional<Result<Transferred>> result = transfer->take_result();
  if (result && *result) return on_result(std::move(*result));
  // Else it is removed, or was never begun.
  file_on_host_ = file_on_host_ && has_begun(*transfer) && (!transfer->end() || !*transfer->end());
  if (result) return on_result(std::move(*result));
  note_shell(*transfer->shell(), transfer->said());
  seen_.end = transfer->end();
  seen_.transfer = transfer->state_text();
  finish();
}

void TargetRun::on_result(Result<Transferred> result) {
  if (!result) {
    const Error& error = result.error();
    const Outcome outcome = error.code == Errc::timed_out ? Outcome::timed_out : Outcome::failed;
    return finish_with({outcome, std::nullopt, {}, error.reason, error.message});
  }
  const bool script_follows = job_ != nullptr && result->changed;
  if (!script_follows) {
    return finish_with({Outcome::ok, std::nullopt, {}, result->reason, result->message});
  }
  transferred_ = result->message;
  run_timer_ = reactor_.after(batch_->deadlines.run, [this] { stop(Cause::timed_out); });
  run_script(std::move(result->file));
}

void TargetRun::run_script(std::unique_ptr<FileOnHost> file) {
  state_ = State::running;
  const Carried carried{access_.bootstrap.nonce, job_->script, job_->parameters, std::move(file)};
  // Owners of the script: the batch, and this view of its bytes until they are sent.
  const std::shared_ptr<const std::string> body(job_->script, &job_->script->bytes);
  shell_ = std::make_unique<ShellCommand>(reactor_, *link_, access_,
                                          ShellInput{carrier_line(carried), body}, *this);
  if (!reading_) shell_->set_reading(false);
}

void TargetRun::on_shell_output(Stream stream, std::string_view bytes) {
  if (is_over()) return;
  std::string output = conversation_.feed(stream, bytes);
  const auto alive = alive_;
  if (conversation_.begun() && !std::exchange(started_told_, true)) {
    emit(Started{conversation_.process_group()});
    if (!*alive) return;
  }
  if (!output.empty()) {
    emit(Output{stream, std::move(output)});
    if (!*alive) return;
  }
  on_marks();
}

/// Moves on when the marks that have come so far allow it.
void TargetRun::on_marks() {
  if (state_ == State::stopping) {
    if (stop_answered_ && conversation_.complete()) finish();
  } else if (seen_.cause != Cause::none) {
    if (conversation_.begun()) send_stop();
  } else if (conversation_.complete()) {
    finish();
  } else if (conversation_.status() && !wait_timer_.active()) {
    wait_timer_ = reactor_.after(kSecondMarkWait, [this] {
      if (reading_) {
        finish();
      } else {
        on_marks();  // it may be there, unread: wait on
      }
    });
  }
}

void TargetRun::on_shell_ended(std::optional<Result<CommandEnd>> end) {
  seen_.end = std::move(end);
  if (is_over()) return;
  const auto alive = alive_;
  for (const Stream stream : {Stream::out, Stream::err}) {
    std::string output = conversation_.finish(stream);
    if (!output.empty()) emit(Output{stream, std::move(output)});
    if (!*alive) return;
  }
  // A stop under way still has to say what became of the process group.
  if (!stop_ || stop_answered_) finish();
}

/// Also the deadline's way. Harmless when it is over, or being stopped already.
void TargetRun::stop(Cause cause) {
  if (is_over() || seen_.cause != Cause::none) return;
  seen_.cause = cause;
  run_timer_.cancel();
  if (state_ != State::running || !shell_->input_sent()) {
    finish();
  } else if (conversation_.begun()) {
    send_stop();
  } else {
    // It is about to begin, and only its begin mark tells what to stop.
    wait_timer_ = reactor_.after(batch_->deadlines.cancel_grace, [this] {
      seen_.stop_failed = "its begin mark did not come";
      finish();
    });
  }
}

void TargetRun::send_stop() {
  state_ = State::stopping;
  wait_timer_.cancel();
  const std::int64_t group = conversation_.process_group();
  if (group == 0) {
    seen_.stop_failed = "the host did not name it";
    finish();
    return;
  }
  stop_ = std::make_unique<Stop>(reactor_, source_, *link_, access_,
                                 Stop::Order{where(), group, batch_->deadlines},
                                 [this](std::optional<StopAnswer> answer, std::string why_not) {
                                   on_stopped(std::move(answer), std::move(why_not));
                                 });
}

void TargetRun::on_stopped(std::optional<StopAnswer> answer, std::string why_not) {
  stop_answered_ = true;
  seen_.stop = std::move(answer);
  seen_.stop_failed = std::move(why_not);
  if (conversation_.complete() || seen_.end) {
    finish();
  } else {
    wait_timer_ = reactor_.after(kLastOutputWait, [this] { finish(); });
  }
}

void TargetRun::finish() {
  if (shell_) {
    seen_.script_sent = shell_->input_sent();
    note_shell(*shell_, conversation_.said());
    if (seen_.script_sent) file_on_host_ = false;
  }
  if (transfer_) {
    seen_.transfer = transfer_->state_text();
    file_on_host_ = file_on_host_ && has_begun(*transfer_);
  }
  seen_.begun = conversation_.begun();
  seen_.process_group = conversation_.process_group();
  seen_.status = conversation_.status();
  seen_.complete = conversation_.complete();
  Finished finished = verdict(seen_);
  if (!transferred_.empty()) {
    finished.message =
        transferred_ + (finished.message.empty() ? "" : "; then the command: " + finished.message);
  }
  finish_with(std::move(finished));
}

void TargetRun::note_shell(const ShellCommand& shell, const std::string& said) {
  seen_.started = shell.started();
  seen_.become = shell.become();
  seen_.wants_terminal = shell.wants_terminal();
  seen_.said = seen_.behind_become() ? said : shell.become_said();
}

/// May be called from inside a call of any of the parts: they are let go in clean_up().
void TargetRun::finish_with(Finished finished) {
  if (is_over()) return;
  finished_ = std::move(finished);
  run_timer_.cancel();
  wait_timer_.cancel();
  state_ = State::cleaning;
  conclude_timer_ = reactor_.after(Duration::zero(), [this] { clean_up(); });
}

void TargetRun::clean_up() {
  stop_.reset();
  shell_.reset();
  transfer_.reset();
  request_.reset();
  if (link_ && file_on_host_) {
    wait_timer_ = reactor_.after(kRemovalWait, [this] { report(); });
    removal_ = std::make_unique<Removal>(*this);
  } else {
    report();
  }
}

/// Straight from the loop: nothing of the link's is under way in which it could be destroyed.
void TargetRun::report() {
  state_ = State::finished;
  wait_timer_.cancel();
  removal_.reset();
  link_.reset();
  emit(std::move(finished_));
}

void TargetRun::emit(HostEvent event) { sink_.on_event(target_.index, std::move(event)); }

}  // namespace om::backend
