// SPDX-License-Identifier: MIT
#include "om/run/coordinator.h"

#include <utility>

#include "run/active_run.h"

#include "om/base/log.h"
#include "om/base/memory.h"

namespace om::run {
namespace {

/// From the end of the last run to the moment when what it held has been let go of.
constexpr Duration kSettling = std::chrono::seconds(2);

}  // namespace

Coordinator::Coordinator(event::Reactor& reactor, store::Store& store, Feed& feed,
                         Backends backends, const Limits& limits, Closing closing)
    : reactor_(reactor),
      store_(store),
      feed_(feed),
      backends_(std::move(backends)),
      limits_(limits),
      closing_(std::move(closing)),
      plan_(limits.concurrency_all) {}

Coordinator::~Coordinator() = default;

void Coordinator::start(ReadyRun run) {
  OM_CHECK(!run.targets.empty() && run.hosts.size() == run.targets.size());
  feed_.open(run.run.id, run.run.seq);
  // std::function wants a copyable task.
  auto shared = std::make_shared<ReadyRun>(std::move(run));
  reactor_.post([this, shared] { begin(std::move(*shared)); });
}

void Coordinator::begin(ReadyRun run) {
  const RunId id = run.run.id;
  const int total = static_cast<int>(run.targets.size());
  const int limit = run.run.concurrency > 0 ? run.run.concurrency : limits_.concurrency;
  log::info("run started", {{"run", id.value},
                            {"kind", run_kind_name(run.run.kind)},
                            {"module", run.run.module_id.value},
                            {"user", run.run.user},
                            {"targets", total}});
  Schedule schedule = make_schedule(run.run.batches, total, limit);
  runs_.emplace(id, std::make_unique<ActiveRun>(*this, std::move(run)));
  plan_.add(id, std::move(schedule));
  fill();
}

void Coordinator::fill() {
  // Starting a target may end another one at once, which comes back here.
  if (std::exchange(filling_, true)) return;
  while (const std::optional<Plan::Start> start = plan_.next()) {
    runs_.at(start->run)->start_target(start->target_index, start->batch);
  }
  filling_ = false;
}

void Coordinator::target_ended(RunId run, Outcome outcome) {
  switch (plan_.ended(run, outcome)) {
    case Plan::Turn::go_on:
      break;
    case Plan::Turn::pause:
      log::info("run paused after a batch", {{"run", run.value}});
      runs_.at(run)->pause(PausedReason::after_batch);
      break;
    case Plan::Turn::too_many_failed:
      log::info("run stopped, too many failed", {{"run", run.value}});
      runs_.at(run)->skip(plan_.stop(run), plan_.failed(run));
      break;
  }
  fill();
}

void Coordinator::cancel(RunId run) {
  reactor_.post([this, run] {
    const auto found = runs_.find(run);
    if (found == runs_.end() || found->second->cancelling()) return;
    log::info("run cancelled", {{"run", run.value}});
    found->second->cancel(plan_.stop(run));
  });
}

void Coordinator::pause(RunId run) {
  reactor_.post([this, run] {
    const auto found = runs_.find(run);
    if (found == runs_.end() || !found->second->may_pause()) return;
    log::info("run paused", {{"run", run.value}});
    plan_.hold(run);
    found->second->pause(PausedReason::by_hand);
  });
}

void Coordinator::go_on(RunId run) {
  reactor_.post([this, run] {
    const auto found = runs_.find(run);
    if (found == runs_.end() || !found->second->paused()) return;
    log::info("run continued", {{"run", run.value}});
    plan_.go_on(run);
    found->second->go_on();
    fill();
  });
}

void Coordinator::account(std::int64_t bytes) {
  const bool was_full = uncommitted_bytes_ > limits_.uncommitted_bytes;
  uncommitted_bytes_ += bytes;
  const bool is_full = uncommitted_bytes_ > limits_.uncommitted_bytes;
  if (was_full == is_full) return;
  for (const auto& [id, run] : runs_) run->set_reading_all(!is_full);
}

void Coordinator::remove(RunId run) {
  plan_.remove(run);
  const auto found = runs_.find(run);
  const std::unique_ptr<ActiveRun> ended = std::move(found->second);
  runs_.erase(found);
  feed_.close(run);
  log::info("run finished", {{"run", run.value}});
  if (runs_.empty()) settle_ = reactor_.after(kSettling, [this] { settle(); });
}

void Coordinator::settle() {
  if (runs_.empty()) return_unused_memory();
}

}  // namespace om::run
