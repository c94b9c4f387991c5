// SPDX-License-Identifier: MIT

#include "store/transaction.h"

#include "om/store/users.h"

namespace om::store {

Result<void> add_link(Transaction& transaction, const std::string& code_hash, UserId user,
                      WallMs expires_ms, WallMs now) {
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute("DELETE FROM sign_in_link WHERE expires_ms <= ?", now));
  return connection.execute(
      "INSERT INTO sign_in_link (code_hash, user_id, expires_ms) VALUES (?, ?, ?)", Blob{code_hash},
      user, expires_ms);
}

Result<UserId> take_link(Transaction& transaction, const std::string& code_hash, WallMs now) {
  Connection& connection = transaction.connection();
  OM_TRY_SET(Statement rows, connection.query("DELETE FROM sign_in_link WHERE code_hash = ?"
                                              " RETURNING user_id, expires_ms",
                                              Blob{code_hash}));
  OM_TRY_SET(const bool row, rows.step());
  if (!row || rows.integer(1) <= now)
    return fail(Errc::not_found, "link.none", "there is no such link, or it has expired");
  const UserId user{rows.integer(0)};
  OM_TRY(rows.finish());
  return user;
}

}  // namespace om::store
