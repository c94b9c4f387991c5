// SPDX-License-Identifier: MIT
//
// Brings a database to the newest schema: one transaction per migration, the version (user_version)
// in the same one, so that a kill at any moment leaves a whole step. Before the first step of an
// existing database a copy goes to PATH.before-N, where N is that step's number. At start only, on
// the writer's connection.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/connection.h"

#include "om/base/result.h"

namespace om::store {

/// In the file's header, so that `file` and we know whose it is: "OMSv".
inline constexpr std::int64_t kApplicationId = 0x4f4d5376;

struct Schema {
  std::int64_t version = 0;
  bool is_new = false;  ///< an empty file
};
/// Reads only. Fails with store.foreign (somebody else's database) and store.too_new.
Result<Schema> find_schema(Connection& connection, const std::string& path,
                           std::span<const Migration> migrations);

/// Fails with store.migration_failed.
Result<void> migrate(Connection& connection, const std::string& path, Schema schema,
                     std::span<const Migration> migrations);

}  // namespace om::store
