// SPDX-License-Identifier: MIT

#include "store/transaction.h"

#include "om/store/users.h"

namespace om::store {
namespace {

TokenRow token_from(const Statement& row) {
  return {row.integer(0), {row.integer(1)}, row.text(2), row.integer(3), row.integer(4)};
}

}  // namespace

Result<std::int64_t> add_token(Transaction& transaction, const TokenRow& token,
                               const std::string& hash) {
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute(
      "INSERT INTO token (user_id, name, hash, created_ms, used_ms) VALUES (?, ?, ?, ?, ?)",
      token.user_id, token.name, Blob{hash}, token.created_ms, token.used_ms));
  return connection.last_insert_id();
}

Result<TokenRow> find_token(Connection& connection, const std::string& hash) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, user_id, name, created_ms, used_ms FROM token"
                              " WHERE hash = ?",
                              Blob{hash}));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return fail(Errc::not_found, "token.none", "there is no such token");
  return token_from(rows);
}

Result<std::vector<TokenRow>> list_tokens(Connection& connection, std::optional<UserId> user) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, user_id, name, created_ms, used_ms FROM token"
                              " WHERE ?1 IS NULL OR user_id = ?1 ORDER BY id",
                              user));
  std::vector<TokenRow> tokens;
  OM_TRY(rows.each([&](const Statement& row) { tokens.push_back(token_from(row)); }));
  return tokens;
}

Result<void> touch_token(Transaction& transaction, std::int64_t id, WallMs now) {
  return transaction.connection().execute(
      "UPDATE token SET used_ms = max(used_ms, ?2) WHERE id = ?1", id, now);
}

Result<void> remove_token(Transaction& transaction, std::int64_t id) {
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute("DELETE FROM token WHERE id = ?", id));
  if (connection.changes() == 0)
    return fail(Errc::not_found, "token.none", "there is no token " + std::to_string(id));
  return {};
}

}  // namespace om::store
