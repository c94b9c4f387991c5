// SPDX-License-Identifier: MIT
//
// Adding a module under a given number: for seeding, everybody else takes the next one. The
// writer's thread.
#pragma once

#include <optional>

#include "om/store/modules.h"

namespace om::store {

Result<ModuleId> insert_module(Transaction& transaction, const Module& module,
                               std::optional<ModuleId> number);

}  // namespace om::store
