// SPDX-License-Identifier: MIT
//
// The column run.batches: a JSON object, or empty text for a run without batches. Pure.
#pragma once

#include <optional>
#include <string>

#include "om/model/batches.h"

namespace om::store {

std::string batches_text(const std::optional<Batches>& batches);
/// Nothing for empty text, and for what a newer version may have written.
std::optional<Batches> batches_from_text(const std::string& text);

}  // namespace om::store
