// SPDX-License-Identifier: MIT
#include "om/run/plan.h"

#include <utility>

#include "om/base/check.h"

namespace om::run {

bool Plan::Work::may_start() const {
  if (!has_more() || held || under_way >= schedule.limit) return false;
  return next < batch_end() || under_way == 0;
}

void Plan::add(RunId run, Schedule schedule) {
  OM_CHECK(!schedule.order.empty() && schedule.limit > 0 && !places_.contains(run));
  Work work;
  work.run = run;
  work.schedule = std::move(schedule);
  places_[run] = queue_.insert(queue_.end(), std::move(work));
}

std::optional<Plan::Start> Plan::next() {
  if (under_way_all_ >= limit_all_) return std::nullopt;
  for (auto work = queue_.begin(); work != queue_.end(); ++work) {
    if (!work->may_start()) continue;
    if (work->next == work->batch_end()) ++work->batch;
    const Start start{work->run, work->schedule.order[work->next++], static_cast<int>(work->batch)};
    ++work->under_way;
    ++under_way_all_;
    queue_.splice(queue_.end(), queue_, work);
    return start;
  }
  return std::nullopt;
}

Plan::Turn Plan::ended(RunId run, Outcome outcome) {
  Work& work = *places_.at(run);
  OM_CHECK(work.under_way > 0);
  --work.under_way;
  --under_way_all_;
  if (outcome != Outcome::ok) ++work.failed;
  if (!work.has_more()) return Turn::go_on;
  const Schedule& schedule = work.schedule;
  if (schedule.max_failed && work.failed > *schedule.max_failed) return Turn::too_many_failed;
  const bool batch_done = work.under_way == 0 && work.next == work.batch_end();
  if (work.held || !batch_done || !schedule.pauses_after(static_cast<int>(work.batch))) {
    return Turn::go_on;
  }
  work.held = true;
  return Turn::pause;
}

void Plan::hold(RunId run) { places_.at(run)->held = true; }

void Plan::go_on(RunId run) { places_.at(run)->held = false; }

std::vector<int> Plan::stop(RunId run) {
  Work& work = *places_.at(run);
  if (std::exchange(work.stopped, true)) return {};
  const auto& order = work.schedule.order;
  return {order.begin() + static_cast<std::ptrdiff_t>(work.next), order.end()};
}

int Plan::failed(RunId run) const { return places_.at(run)->failed; }

void Plan::remove(RunId run) {
  const auto place = places_.find(run);
  OM_CHECK(place != places_.end() && place->second->under_way == 0);
  queue_.erase(place->second);
  places_.erase(place);
}

}  // namespace om::run
