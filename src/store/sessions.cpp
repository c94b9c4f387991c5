// SPDX-License-Identifier: MIT

#include "store/transaction.h"

#include "om/store/users.h"

namespace om::store {

Result<void> add_session(Transaction& transaction, const SessionRow& session) {
  return transaction.connection().execute(
      "INSERT INTO session (id_hash, user_id, by_link, created_ms, seen_ms) VALUES (?, ?, ?, ?, ?)",
      Blob{session.id_hash}, session.user_id, session.by_link, session.created_ms, session.seen_ms);
}

Result<SessionRow> find_session(Connection& connection, const std::string& id_hash) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT user_id, by_link, created_ms, seen_ms FROM session"
                              " WHERE id_hash = ?",
                              Blob{id_hash}));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return fail(Errc::not_found, "session.none", "there is no such session");
  return SessionRow{
      id_hash, {rows.integer(0)}, rows.integer(1) != 0, rows.integer(2), rows.integer(3)};
}

Result<void> touch_session(Transaction& transaction, const std::string& id_hash, WallMs now) {
  return transaction.connection().execute(
      "UPDATE session SET seen_ms = max(seen_ms, ?2) WHERE id_hash = ?1", Blob{id_hash}, now);
}

Result<void> remove_session(Transaction& transaction, const std::string& id_hash) {
  return transaction.connection().execute("DELETE FROM session WHERE id_hash = ?", Blob{id_hash});
}

Result<void> remove_sessions_of(Transaction& transaction, UserId user, const std::string& except) {
  return transaction.connection().execute("DELETE FROM session WHERE user_id = ? AND id_hash <> ?",
                                          user, Blob{except});
}

Result<void> remove_old_sessions(Transaction& transaction, WallMs created_before,
                                 WallMs seen_before) {
  return transaction.connection().execute("DELETE FROM session WHERE created_ms < ? OR seen_ms < ?",
                                          created_before, seen_before);
}

}  // namespace om::store
