// SPDX-License-Identifier: MIT
//
// Settings: a few values the controller keeps for itself, by key. No secrets: those are in the key
// file or sealed. Free functions on a connection of the store, in its thread.
#pragma once

#include <optional>
#include <string>

#include "om/base/result.h"
#include "om/store/store.h"

namespace om::store {

Result<std::optional<std::string>> find_setting(Connection& connection, const std::string& key);
Result<void> set_setting(Transaction& transaction, const std::string& key,
                         const std::string& value);

/// 32 hexadecimal digits that no other controller has; there once the database is seeded. Names the
/// session cookie.
Result<std::string> instance_id(Connection& connection);

}  // namespace om::store
