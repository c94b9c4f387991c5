// SPDX-License-Identifier: MIT
//
// Schedule: in which order a run's targets start and where its batches end, as numbers. Pure: the
// same batches, total and seed give the same schedule in the preview, in the journal and in the
// Plan.
#pragma once

#include <optional>
#include <vector>

#include "om/model/batches.h"

namespace om::run {

struct Schedule {
  std::vector<int> order;         ///< every target index once, as they start
  std::vector<int> ends;          ///< of each batch: the place in `order` after its last
  int limit = 1;                  ///< targets at once
  std::optional<int> max_failed;  ///< more than so many stop the run
  PauseMode pause = PauseMode::never;

  /// Whether somebody is to look before the batch after this one (from 0) begins.
  bool pauses_after(int batch) const {
    return pause == PauseMode::after_each || (pause == PauseMode::after_canary && batch == 0);
  }
  /// How many targets each batch has.
  std::vector<int> sizes() const;
};

/// A share of batches is of `total`, rounded up, and at least one target; one of max_failed is
/// rounded down, so that "more than 10 %" of 25 is 3. Requires: total, limit > 0.
Schedule make_schedule(const std::optional<Batches>& batches, int total, int limit);

}  // namespace om::run
