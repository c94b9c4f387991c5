// SPDX-License-Identifier: MIT
//
// The line that ends a script's process group on its host: SIGTERM, a look every 100 ms until the
// grace is over, SIGKILL; then it answers "NONCE:K:was N;left N;outside PID,PID" (or "-", or "?"
// where there is no /proc to look in). Alive means a state other than zombie, which kill -0 cannot
// tell. Processes that left the group but carry its mark in their environment are reported, never
// killed: a daemon that the module restarted carries it too. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/clock.h"

namespace om::backend {

inline constexpr char kStopAnswer = 'K';

/// What the host says about the group. No value: it could not look.
struct StopAnswer {
  std::optional<int> was;             ///< processes in the group before
  std::optional<int> left;            ///< after
  std::vector<std::int64_t> outside;  ///< at most 20
};

/// Requires: process_group > 1.
std::string stop_line(const std::string& nonce, std::int64_t process_group, Duration grace);
/// Nothing for an answer that makes no sense.
std::optional<StopAnswer> read_stop_answer(std::string_view answer);

}  // namespace om::backend
