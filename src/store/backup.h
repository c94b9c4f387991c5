// SPDX-License-Identifier: MIT
//
// A copy of the whole database in one file, on disk when this returns; a crash leaves no half of
// one under that name. The writer's thread, or at start.
#pragma once

#include <string>

#include "store/connection.h"

#include "om/base/result.h"

namespace om::store {

/// Replaces `path` (mode 0600). Requires: the connection is in no transaction.
Result<void> back_up(Connection& connection, const std::string& path);

}  // namespace om::store
