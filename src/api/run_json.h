// SPDX-License-Identifier: MIT
//
// Runs and targets as docs/api.md shows them. Pure.
#pragma once

#include <string>

#include "om/api/json.h"
#include "om/model/run.h"

namespace om::api {

/// Output of one target in one live event, and in one page of the output call.
inline constexpr std::size_t kPreviewBytes = 8 << 10;

/// What changes while it runs, and nothing else.
Json run_state_json(const Run& run);
Json to_json(const Run& run);
Json to_json(const Target& target);
Json parameters_json(const std::vector<Parameter>& parameters);

}  // namespace om::api
