// SPDX-License-Identifier: MIT
//
// Plan: which target starts next. Pure: it knows numbers, not hosts, and never looks at the time.
// Fair between runs (round robin, one target at a time), under a limit per run and one for all.
// Within a run the batches come one after the other: nothing of the next one starts before all of
// the one before has ended. One thread: the Coordinator's.
#pragma once

#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "om/model/ids.h"
#include "om/model/outcome.h"
#include "om/run/schedule.h"

namespace om::run {

class Plan {
 public:
  /// Requires: limit > 0.
  explicit Plan(int limit_all) : limit_all_(limit_all) {}

  /// Requires: the run is not there yet.
  void add(RunId run, Schedule schedule);

  struct Start {
    RunId run;
    int target_index = 0;
    int batch = 0;
  };
  /// The next target to start, counted as started; nothing while the limits are reached.
  std::optional<Start> next();

  enum class Turn {
    go_on,
    pause,           ///< the batch has ended, and somebody is to look: hold() has been done
    too_many_failed  ///< stop() is due
  };
  /// One started target of the run has ended.
  Turn ended(RunId run, Outcome outcome);
  /// Nothing of the run starts until go_on(). Both are harmless when it is so already.
  void hold(RunId run);
  void go_on(RunId run);
  /// Nothing more of the run will start. Returns the targets that never started, in their order.
  std::vector<int> stop(RunId run);
  /// How many of the run's targets have ended, and not ok.
  int failed(RunId run) const;
  /// Forgets the run. Requires: none of its targets is under way.
  void remove(RunId run);

 private:
  struct Work {
    RunId run;
    Schedule schedule;
    std::size_t next = 0;  ///< place in schedule.order
    std::size_t batch = 0;
    int under_way = 0;
    int failed = 0;
    bool held = false;
    bool stopped = false;

    std::size_t batch_end() const { return static_cast<std::size_t>(schedule.ends[batch]); }
    bool has_more() const { return !stopped && next < schedule.order.size(); }
    bool may_start() const;
  };
  using Queue = std::list<Work>;

  int limit_all_;
  int under_way_all_ = 0;
  Queue queue_;  ///< in the order of turns; who has started one goes to the end
  std::unordered_map<RunId, Queue::iterator> places_;
};

}  // namespace om::run
