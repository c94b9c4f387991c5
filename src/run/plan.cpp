// SPDX-License-Identifier: MIT
#include "om/run/plan.h"

#include "om/base/check.h"

namespace om::run {

void Plan::add(RunId run, int total, int limit) {
  OM_CHECK(total > 0 && limit > 0 && !places_.contains(run));
  places_[run] = queue_.insert(queue_.end(), Work{run, total, limit, 0, 0});
}

std::optional<Plan::Start> Plan::next() {
  if (under_way_all_ >= limit_all_) return std::nullopt;
  for (auto work = queue_.begin(); work != queue_.end(); ++work) {
    if (work->next >= work->total || work->under_way >= work->limit) continue;
    const Start start{work->run, work->next++};
    ++work->under_way;
    ++under_way_all_;
    queue_.splice(queue_.end(), queue_, work);
    return start;
  }
  return std::nullopt;
}

void Plan::ended(RunId run) {
  Work& work = *places_.at(run);
  OM_CHECK(work.under_way > 0);
  --work.under_way;
  --under_way_all_;
}

int Plan::stop(RunId run) {
  Work& work = *places_.at(run);
  const int first_waiting = work.next;
  work.next = work.total;
  return first_waiting;
}

void Plan::remove(RunId run) {
  const auto place = places_.find(run);
  OM_CHECK(place != places_.end() && place->second->under_way == 0);
  queue_.erase(place->second);
  places_.erase(place);
}

}  // namespace om::run
