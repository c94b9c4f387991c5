// SPDX-License-Identifier: MIT
//
// Plan: which target starts next. Pure: it knows numbers, not hosts, and never looks at the time.
// Fair between runs (round robin, one target at a time), under a limit per run and one for all. One
// thread: the Coordinator's.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "om/model/ids.h"

namespace om::run {

class Plan {
 public:
  /// Requires: limit > 0.
  explicit Plan(int limit_all) : limit_all_(limit_all) {}

  /// A run's targets 0..total-1, at most `limit` at once. Requires: not there yet; total, limit >
  /// 0.
  void add(RunId run, int total, int limit);

  struct Start {
    RunId run;
    int target_index = 0;
  };
  /// The next target to start, counted as started; nothing while the limits are reached.
  std::optional<Start> next();
  /// One started target of the run has ended.
  void ended(RunId run);
  /// Nothing more of the run will start. Returns the index of the first target that never started
  /// (total if none).
  int stop(RunId run);
  /// Forgets the run. Requires: none of its targets is under way.
  void remove(RunId run);

 private:
  struct Work {
    RunId run;
    int total = 0;
    int limit = 0;
    int next = 0;
    int under_way = 0;
  };
  using Queue = std::list<Work>;

  int limit_all_;
  int under_way_all_ = 0;
  Queue queue_;  ///< in the order of turns; who has started one goes to the end
  std::unordered_map<RunId, Queue::iterator> places_;
};

}  // namespace om::run
