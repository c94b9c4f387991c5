// SPDX-License-Identifier: MIT
#include "run/active_run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "run/remedy.h"

#include "om/base/log.h"
#include "om/base/utf8.h"

namespace om::run {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr std::size_t kLastLineBytes = 200;
constexpr std::size_t kUndecodedLineBytes = 512;

/// What the run as a whole came to: ok only if every target is.
Outcome overall(const OutcomeCounts& counts, std::int64_t total) {
  const auto count = [&](Outcome outcome) {
    return counts.by_outcome[static_cast<std::size_t>(outcome)];
  };
  if (count(Outcome::ok) == total) return Outcome::ok;
  if (count(Outcome::interrupted) > 0) return Outcome::interrupted;
  if (count(Outcome::cancelled) > 0) return Outcome::cancelled;
  return Outcome::failed;
}

std::string readable_line(std::string_view raw) {
  std::string line = utf8::decode_lossy(raw);
  std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return std::string(utf8::prefix(line, kLastLineBytes));
}

}  // namespace

Coordinator::ActiveRun::ActiveRun(Coordinator& coordinator, ReadyRun ready)
    : coordinator_(coordinator),
      run_(std::move(ready.run)),
      targets_(std::move(ready.targets)),
      ready_(std::move(ready)) {
  const Limits& limits = coordinator_.limits_;
  work_.reserve(targets_.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    work_.emplace_back(KeptOutput(limits.kept_per_target_bytes, limits.tail_bytes));
  }
  run_.state = RunState::running;
  run_.total = static_cast<std::int64_t>(targets_.size());
  run_.counts = OutcomeCounts{};
  run_.counts.waiting = run_.total;
  filled_after_seq_ = run_.seq;
}

void Coordinator::ActiveRun::start_target(int index, int batch_number) {
  if (run_.batches) run_.batches->current = batch_number;
  Target& started = target(index);
  started.state = TargetState::running;
  started.started_ms = coordinator_.reactor_.clock().wall_ms();
  --run_.counts.waiting;
  ++run_.counts.running;
  changed(index);

  backend::Batch batch;
  batch.run_id = run_.id;
  const Host& host = ready_.hosts[static_cast<std::size_t>(index)];
  batch.targets.push_back({index, host, ready_.jump_hosts.chain_to(host)});
  batch.job = ready_.job;
  batch.deadlines = coordinator_.limits_.deadlines;
  batch.deadlines.run = ready_.deadlines.run;
  backend::Backend& backend = *coordinator_.backends_.at(started.platform);
  work(index).execution = backend.start(std::move(batch), *this);
  update_reading(index);
}

void Coordinator::ActiveRun::cancel(const std::vector<int>& never_started) {
  if (run_.state != RunState::running && run_.state != RunState::paused) return;
  run_.state = RunState::cancelling;
  run_.paused_reason.reset();
  end_unstarted(never_started, Outcome::cancelled, "run.cancelled_before_start",
                "stopped before it was started");
  for (std::size_t i = 0; i < work_.size(); ++i) {
    if (work_[i].execution) work_[i].execution->cancel(static_cast<int>(i));
  }
  ++run_.seq;
  close_if_done();
  flush_soon();
}

void Coordinator::ActiveRun::pause(PausedReason reason) {
  run_.state = RunState::paused;
  run_.paused_reason = reason;
  ++run_.seq;
  flush_soon();
}

void Coordinator::ActiveRun::go_on() {
  run_.state = RunState::running;
  run_.paused_reason.reset();
  ++run_.seq;
  flush_soon();
}

void Coordinator::ActiveRun::skip(const std::vector<int>& never_started, int failed) {
  run_.state = RunState::running;
  run_.paused_reason = PausedReason::too_many_failed;
  end_unstarted(never_started, Outcome::skipped, "run.too_many_failed",
                "not started: " + std::to_string(failed) + " of " + std::to_string(run_.total) +
                    " targets had failed, and the run stops at more than " +
                    share_text(*run_.batches->max_failed) + "; see why, then retry the rest");
  ++run_.seq;
  close_if_done();
  flush_soon();
}

void Coordinator::ActiveRun::end_unstarted(const std::vector<int>& never_started, Outcome outcome,
                                           const std::string& reason, const std::string& message) {
  for (const int index : never_started) {
    --run_.counts.waiting;
    target(index).reason = reason;
    target(index).message = message;
    end_target(index, outcome);
  }
}

void Coordinator::ActiveRun::set_reading_all(bool reading) {
  reading_all_ = reading;
  for (std::size_t i = 0; i < work_.size(); ++i) update_reading(static_cast<int>(i));
}

void Coordinator::ActiveRun::on_event(int target_index, backend::HostEvent event) {
  if (target(target_index).state != TargetState::running) return;
  if (auto* got = std::get_if<backend::Output>(&event)) {
    output(target_index, got->stream, got->bytes);
  } else if (const auto* progress = std::get_if<backend::Progress>(&event)) {
    progressed(target_index, *progress);
  } else if (auto* result = std::get_if<backend::Finished>(&event)) {
    finished(target_index, std::move(*result));
  }
}

void Coordinator::ActiveRun::output(int index, Stream stream, std::string_view bytes) {
  // Watchers read what came piece by piece, so a character that the network has cut waits for its
  // rest: at most three bytes.
  std::string& begun = work(index).begun_character[stream == Stream::err ? 1 : 0];
  std::string whole;
  if (!begun.empty()) {
    whole = std::exchange(begun, {});
    whole += bytes;
    bytes = whole;
  }
  const std::size_t cut = utf8::incomplete_tail(bytes);
  begun = bytes.substr(bytes.size() - cut);
  bytes.remove_suffix(cut);
  if (!bytes.empty()) take(index, stream, bytes);
}

void Coordinator::ActiveRun::take(int index, Stream stream, std::string_view bytes) {
  Work& doing = work(index);
  remember_line(doing, bytes);
  const std::int64_t allowance = coordinator_.limits_.kept_per_run_bytes - kept_bytes_;
  keep(index, stream, doing.kept.take(stream, bytes, allowance));
  target(index).cut_bytes = doing.kept.cut_bytes();
  update_reading(index);
}

void Coordinator::ActiveRun::keep(int index, Stream stream, std::string_view bytes) {
  if (bytes.empty()) return;
  const auto size = static_cast<std::int64_t>(bytes.size());
  kept_bytes_ += size;
  (stream == Stream::out ? target(index).stdout_bytes : target(index).stderr_bytes) += size;
  work(index).uncommitted_bytes += size;
  coordinator_.account(size);
  if (!filling_.output.empty()) {
    OutputChunk& last = filling_.output.back();
    if (last.target_index == index && last.stream == stream && last.bytes.size() < kChunkBytes) {
      last.bytes += bytes;
      return;
    }
  }
  filling_.output.push_back({++run_.seq, index, stream, std::string(bytes)});
  flush_soon();
}

void Coordinator::ActiveRun::remember_line(Work& doing, std::string_view bytes) {
  const bool ends = bytes.ends_with('\n');
  while (bytes.ends_with('\n') || bytes.ends_with('\r')) bytes.remove_suffix(1);
  if (!bytes.empty()) {
    // string_view::rfind() goes byte by byte, which shows where megabytes have no newline.
    const auto* newline = static_cast<const char*>(::memrchr(bytes.data(), '\n', bytes.size()));
    if (newline != nullptr)
      bytes.remove_prefix(static_cast<std::size_t>(newline + 1 - bytes.data()));
    if (newline != nullptr || doing.line_ended) doing.line.clear();
    doing.line +=
        bytes.substr(0, kUndecodedLineBytes - std::min(kUndecodedLineBytes, doing.line.size()));
  }
  doing.line_ended = ends;
}

void Coordinator::ActiveRun::progressed(int index, const backend::Progress& progress) {
  target(index).done_bytes = progress.done_bytes;
  target(index).total_bytes = progress.total_bytes;
  work(index).has_progress = true;
  // Every target's news at once: a commit costs by how many there are.
  if (progress_timer_.active()) return;
  progress_timer_ = coordinator_.reactor_.after(coordinator_.limits_.progress_interval,
                                                [this] { tell_progress(); });
}

void Coordinator::ActiveRun::tell_progress() {
  for (std::size_t i = 0; i < work_.size(); ++i) {
    if (!std::exchange(work_[i].has_progress, false)) continue;
    const int index = static_cast<int>(i);
    if (target(index).state == TargetState::running) changed(index);
  }
}

void Coordinator::ActiveRun::finished(int index, backend::Finished result) {
  for (const Stream stream : {Stream::out, Stream::err}) {
    const std::string begun =
        std::exchange(work(index).begun_character[stream == Stream::err ? 1 : 0], {});
    if (!begun.empty()) take(index, stream, begun);
  }
  for (const KeptOutput::Piece& piece : work(index).kept.finish()) {
    keep(index, piece.stream, piece.bytes);
  }
  Target& ended = target(index);
  ended.exit_code = result.exit_code;
  ended.signal = std::move(result.signal);
  ended.reason = std::move(result.reason);
  ended.message = std::move(result.message);
  const Host& host = ready_.hosts[static_cast<std::size_t>(index)];
  ended.remedy = remedy(ended.reason, ended.platform, host, ready_.jump_hosts.chain_to(host));
  ended.cut_bytes = work(index).kept.cut_bytes();
  ended.last_line = readable_line(work(index).line);
  --run_.counts.running;
  // This is called from inside the execution: it goes after the turn.
  coordinator_.reactor_.post([execution = std::shared_ptr(std::move(work(index).execution))] {
    static_cast<void>(execution);
  });
  end_target(index, result.outcome);
  close_if_done();
  flush_soon();
  coordinator_.target_ended(run_.id, result.outcome);
}

void Coordinator::ActiveRun::end_target(int index, Outcome outcome) {
  Target& ended = target(index);
  ended.state = TargetState::finished;
  ended.outcome = outcome;
  ended.finished_ms = coordinator_.reactor_.clock().wall_ms();
  ++run_.counts.by_outcome[static_cast<std::size_t>(outcome)];
  changed(index);
}

void Coordinator::ActiveRun::changed(int index) {
  target(index).seq = ++run_.seq;
  const auto [place, fresh] = filled_targets_.try_emplace(index, filling_.targets.size());
  if (fresh) {
    filling_.targets.push_back(target(index));
  } else {
    filling_.targets[place->second] = target(index);
  }
  flush_soon();
}

void Coordinator::ActiveRun::update_reading(int index) {
  Work& doing = work(index);
  if (!doing.execution) return;
  const std::int64_t limit = coordinator_.limits_.uncommitted_per_target_bytes;
  // Half the limit between stopping and resuming, so that the switch is not thrown for every chunk.
  const bool has_room =
      doing.reading ? doing.uncommitted_bytes <= limit : doing.uncommitted_bytes <= limit / 2;
  const bool reading = has_room && reading_all_;
  if (reading == doing.reading) return;
  doing.reading = reading;
  doing.execution->set_reading(index, reading);
}

void Coordinator::ActiveRun::close_if_done() {
  if (run_.counts.waiting > 0 || run_.counts.running > 0) return;
  run_.state = RunState::finished;
  run_.outcome = overall(run_.counts, run_.total);
  run_.finished_ms = coordinator_.reactor_.clock().wall_ms();
  ++run_.seq;
}

void Coordinator::ActiveRun::flush_soon() {
  if (flush_posted_) return;
  flush_posted_ = true;
  coordinator_.reactor_.post([this, alive = alive_] {
    if (!*alive) return;
    flush_posted_ = false;
    flush();
  });
}

void Coordinator::ActiveRun::flush() {
  if (in_commit_ || filled_after_seq_ == run_.seq) return;
  filling_.run_id = run_.id;
  filling_.run = run_;
  in_commit_ = std::make_shared<const store::JournalEntry>(std::exchange(filling_, {}));
  in_commit_after_seq_ = std::exchange(filled_after_seq_, run_.seq);
  filled_targets_.clear();
  commit();
}

void Coordinator::ActiveRun::commit() {
  coordinator_.store_.submit(
      [entry = in_commit_,
       closing = &coordinator_.closing_](store::Transaction& transaction) -> Result<void> {
        OM_TRY(store::append_journal(transaction, *entry));
        if (entry->run.state == RunState::finished) return (*closing)(transaction, entry->run);
        return {};
      },
      [this, alive = alive_, reactor = &coordinator_.reactor_, feed = &coordinator_.feed_,
       entry = in_commit_, after_seq = in_commit_after_seq_](Result<void> result) {
        if (result) feed->publish(after_seq, entry);
        reactor->post([this, alive, result = std::move(result)] {
          if (*alive) committed(result);
        });
      });
}

void Coordinator::ActiveRun::committed(Result<void> result) {
  if (!result) {
    log::error("journal not committed, trying again",
               {{"run", run_.id.value}, {"error", result.error().message}});
    retry_ = coordinator_.reactor_.after(coordinator_.limits_.commit_retry, [this] { commit(); });
    return;
  }
  const std::shared_ptr<const store::JournalEntry> entry = std::exchange(in_commit_, nullptr);
  std::int64_t freed = 0;
  for (const OutputChunk& chunk : entry->output) {
    const auto size = static_cast<std::int64_t>(chunk.bytes.size());
    freed += size;
    work(chunk.target_index).uncommitted_bytes -= size;
    update_reading(chunk.target_index);
  }
  coordinator_.account(-freed);
  if (entry->run.state == RunState::finished) {
    coordinator_.remove(run_.id);  // destroys this
    return;
  }
  flush();
}

}  // namespace om::run
