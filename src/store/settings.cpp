// SPDX-License-Identifier: MIT
#include "om/store/settings.h"

#include "store/setting_keys.h"
#include "store/transaction.h"

namespace om::store {

Result<std::optional<std::string>> find_setting(Connection& connection, const std::string& key) {
  OM_TRY_SET(Statement rows, connection.query("SELECT value FROM setting WHERE key = ?", key));
  OM_TRY_SET(const bool row, rows.step());
  std::optional<std::string> value;
  if (row) value = rows.text(0);
  return value;
}

Result<void> set_setting(Transaction& transaction, const std::string& key,
                         const std::string& value) {
  return transaction.connection().execute(
      "INSERT INTO setting (key, value) VALUES (?, ?)"
      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key, value);
}

Result<std::string> instance_id(Connection& connection) {
  OM_TRY_SET(auto id, find_setting(connection, kInstanceIdKey));
  if (!id) return fail(Errc::internal, "store.not_seeded", "the database was never seeded");
  return std::move(*id);
}

}  // namespace om::store
