// SPDX-License-Identifier: MIT
//
// Runs and targets as docs/api.md shows them. Pure.
#pragma once

#include <string>

#include "om/api/json.h"
#include "om/model/run.h"
#include "om/store/journal.h"

namespace om::api {

/// Output of one stream of one target in one live event, at most.
inline constexpr std::size_t kPreviewBytes = 8 << 10;

/// What changes while it runs, and nothing else.
Json run_state_json(const Run& run);
Json to_json(const Run& run);
Json to_json(const Target& target);
Json parameters_json(const std::vector<Parameter>& parameters);
/// A journal entry as the text of one live event, with the last `preview_bytes` of each stream of
/// each target; where there is more, the gap is marked.
std::string event_text(const store::JournalEntry& entry, std::size_t preview_bytes);

}  // namespace om::api
