// SPDX-License-Identifier: MIT
//
// Batches as docs/api.md shows and takes them. Pure.
#pragma once

#include <optional>

#include "om/api/json.h"
#include "om/model/run.h"

namespace om::api {

/// The field 'batches'; null is none.
Result<std::optional<Batches>> batches_from(const Json& json);
/// Null for a run without them.
Json batches_json(const std::optional<Batches>& batches);
/// {"count", "sizes": the first of them}, or null.
Json batches_preview(const Run& run);

}  // namespace om::api
