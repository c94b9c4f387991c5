// SPDX-License-Identifier: MIT
//
// Table module: the metadata of modules. Caption and form are stored as given: sanitising them is
// the catalogue's, and comes first. Free functions on a connection of the store, in its thread.
#pragma once

#include <vector>

#include "om/base/result.h"
#include "om/model/module.h"
#include "om/store/store.h"

namespace om::store {

/// By number.
Result<std::vector<Module>> list_modules(Connection& connection);
Result<Module> find_module(Connection& connection, ModuleId number);
/// Gives it the next number: one above the highest there ever was. The name is a label
/// (inventory_rules.h) without "@@", which the original's answers are split at.
Result<ModuleId> add_module(Transaction& transaction, const Module& module);
/// Replaces everything but the number.
Result<void> update_module(Transaction& transaction, const Module& module);

}  // namespace om::store
