// SPDX-License-Identifier: MIT
#include "store/migrate.h"

#include "store/backup.h"
#include "store/transaction.h"

#include "om/base/log.h"

namespace om::store {
namespace {

Result<void> check_foreign_keys(Connection& connection) {
  OM_TRY_SET(Statement broken, connection.query("PRAGMA foreign_key_check"));
  OM_TRY_SET(const bool row, broken.step());
  if (row)
    return fail(Errc::internal, "store.migration_failed",
                "a row of " + broken.text(0) + " refers to a row of " + broken.text(2) +
                    " that is not there");
  return {};
}

Result<void> apply(Connection& connection, const Migration& migration) {
  OM_TRY_SET(Transaction transaction, Transaction::begin(connection));
  OM_TRY(connection.execute_script(std::string(migration.sql)));
  OM_TRY(check_foreign_keys(connection));
  OM_TRY(connection.execute_script("PRAGMA application_id=" + std::to_string(kApplicationId) +
                                   "; PRAGMA user_version=" + std::to_string(migration.number)));
  return transaction.commit();
}

std::string step_name(const Migration& migration) {
  return "migration " + std::to_string(migration.number) + " (" + std::string(migration.name) + ")";
}

}  // namespace

Result<Schema> find_schema(Connection& connection, const std::string& path,
                           std::span<const Migration> migrations) {
  OM_TRY_SET(const std::int64_t application_id, connection.query_integer("PRAGMA application_id"));
  OM_TRY_SET(const std::int64_t version, connection.query_integer("PRAGMA user_version"));
  OM_TRY_SET(const std::int64_t objects,
             connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  const bool is_new = version == 0 && objects == 0;
  if (!is_new && application_id != kApplicationId)
    return fail(Errc::conflict, "store.foreign",
                path + " is a database, but not OMServer's; choose another data directory");
  const auto newest = std::ssize(migrations);
  if (version > newest)
    return fail(Errc::conflict, "store.too_new",
                path + " was written by a newer omserver (schema " + std::to_string(version) +
                    ", this one knows " + std::to_string(newest) +
                    "); use that version, or restore a backup from before the upgrade");
  return Schema{version, is_new};
}

Result<void> migrate(Connection& connection, const std::string& path, Schema schema,
                     std::span<const Migration> migrations) {
  if (!schema.is_new && schema.version < std::ssize(migrations)) {
    const std::string copy = path + ".before-" + std::to_string(schema.version + 1);
    if (auto saved = back_up(connection, copy); !saved)
      return saved.error().within("backup before an upgrade");
    log::info("database backed up before an upgrade", {{"path", copy}});
  }
  // Tables that are rebuilt pass through a state without their parents; each step is checked at its
  // end. The setting does nothing inside a transaction, so it is made here.
  OM_TRY(connection.execute("PRAGMA foreign_keys=OFF"));
  for (const Migration& migration : migrations.subspan(static_cast<std::size_t>(schema.version))) {
    if (auto applied = apply(connection, migration); !applied) {
      Error error = applied.error().within(step_name(migration));
      error.reason = "store.migration_failed";
      return error;
    }
    log::debug("database migrated", {{"step", migration.number}, {"name", migration.name}});
  }
  return connection.execute("PRAGMA foreign_keys=ON");
}

}  // namespace om::store
