// SPDX-License-Identifier: MIT
//
// Where a chunk of the journal lies: output.id is run_id * 2^32 + seq. Pure.
#pragma once

#include <cstdint>
#include <limits>

#include "om/base/check.h"
#include "om/model/ids.h"

namespace om::store {

inline constexpr std::int64_t kMaxSeq = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::int64_t kMaxRun = std::numeric_limits<std::int32_t>::max();

/// Requires: 0 <= seq <= kMaxSeq and 0 <= run <= kMaxRun.
inline std::int64_t output_id(RunId run, std::int64_t seq) {
  OM_CHECK(seq >= 0 && seq <= kMaxSeq);
  OM_CHECK(run.value >= 0 && run.value <= kMaxRun);
  return (run.value << 32) | seq;
}
inline std::int64_t seq_of(std::int64_t output_id) { return output_id & kMaxSeq; }

}  // namespace om::store
