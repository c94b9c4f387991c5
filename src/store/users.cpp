// SPDX-License-Identifier: MIT
#include "om/store/users.h"

#include <algorithm>

#include "store/transaction.h"

#include "om/store/inventory_rules.h"

namespace om::store {
namespace {

User user_from(const Statement& row) {
  User user;
  user.id = {row.integer(0)};
  user.name = row.text(1);
  user.password = row.text(2);
  user.enabled = row.integer(3) != 0;
  user.created_ms = row.integer(4);
  return user;
}

Result<void> read_rights(Connection& connection, User& user) {
  OM_TRY_SET(Statement rows, connection.query("SELECT right_name FROM user_right WHERE user_id = ?"
                                              " ORDER BY right_name",
                                              user.id));
  return rows.each([&](const Statement& row) { user.rights.push_back(row.text(0)); });
}

Result<void> write_rights(Connection& connection, UserId id,
                          const std::vector<std::string>& rights) {
  OM_TRY(connection.execute("DELETE FROM user_right WHERE user_id = ?", id));
  for (const std::string& right : rights)
    OM_TRY(connection.execute(
        "INSERT OR IGNORE INTO user_right (user_id, right_name) VALUES (?, ?)", id, right));
  return {};
}

/// The one row of `rows`, with its rights; `who` for the error.
Result<User> one_user(Connection& connection, Result<Statement> rows, const std::string& who) {
  if (!rows) return std::move(rows).error();
  OM_TRY_SET(const bool row, rows->step());
  if (!row) return fail(Errc::not_found, "user.none", "there is no user " + who);
  User user = user_from(*rows);
  OM_TRY(read_rights(connection, user));
  return user;
}

}  // namespace

Result<std::vector<User>> list_users(Connection& connection) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, name, password, enabled, created_ms FROM user"
                              " ORDER BY name"));
  std::vector<User> users;
  OM_TRY(rows.each([&](const Statement& row) { users.push_back(user_from(row)); }));
  for (User& user : users) OM_TRY(read_rights(connection, user));
  return users;
}

Result<User> find_user(Connection& connection, const std::string& name) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  return one_user(
      connection,
      connection.query("SELECT id, name, password, enabled, created_ms FROM user WHERE name = ?",
                       name),
      name);
}

Result<User> find_user(Connection& connection, UserId id) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  return one_user(
      connection,
      connection.query("SELECT id, name, password, enabled, created_ms FROM user WHERE id = ?", id),
      "number " + std::to_string(id.value));
}

Result<UserId> add_user(Transaction& transaction, const User& user) {
  OM_TRY(check_login("user", user.name));
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute(
      "INSERT INTO user (name, password, enabled, created_ms) VALUES (?, ?, ?, ?)"
      " ON CONFLICT DO NOTHING",
      user.name, user.password, user.enabled, user.created_ms));
  if (connection.changes() == 0)
    return fail(Errc::conflict, "user.exists", "there is a user " + user.name + " already");
  const UserId id{connection.last_insert_id()};
  OM_TRY(write_rights(connection, id, user.rights));
  return id;
}

Result<void> update_user(Transaction& transaction, const User& user) {
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute("UPDATE user SET password = ?2, enabled = ?3 WHERE id = ?1", user.id,
                            user.password, user.enabled));
  if (connection.changes() == 0)
    return fail(Errc::not_found, "user.none",
                "there is no user number " + std::to_string(user.id.value));
  return write_rights(connection, user.id, user.rights);
}

}  // namespace om::store
