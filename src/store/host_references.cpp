// SPDX-License-Identifier: MIT
//
// What hosts refer to by name: jump hosts and credentials.

#include <unordered_map>

#include "store/connection.h"

#include "om/store/credentials.h"
#include "om/store/inventory.h"

namespace om::store {
namespace {

using Jumps = std::unordered_map<std::string, std::string>;

/// Empty when there is no credential of that name.
Result<std::string> kind_of(Connection& connection, const std::string& name) {
  OM_TRY_SET(Statement rows, connection.query("SELECT kind FROM credential WHERE name = ?", name));
  OM_TRY_SET(const bool row, rows.step());
  return row ? rows.text(0) : std::string();
}

Result<void> check_key(Connection& connection, const Host& host) {
  if (host.credential.empty() || host.credential == kAgentCredential) return {};
  OM_TRY_SET(const std::string kind, kind_of(connection, host.credential));
  if (!kind.empty()) return {};
  return fail(Errc::not_found, "inventory.no_credential",
              "host " + host.name + ": there is no key " + host.credential +
                  "; add it with omserver key add");
}

Result<void> check_become_password(Connection& connection, const Host& host) {
  if (host.become_credential.empty()) return {};
  OM_TRY_SET(const std::string kind, kind_of(connection, host.become_credential));
  if (kind == kPasswordKind) return {};
  const std::string what = "host " + host.name + ": become_password: ";
  if (!kind.empty())
    return fail(Errc::invalid_argument, "inventory.not_a_password",
                what + host.become_credential + " is a key; name a password");
  return fail(Errc::not_found, "inventory.no_credential",
              what + "there is no password " + host.become_credential +
                  "; add it with omserver credential add");
}

/// Of the first host that names one that is not there or of the wrong kind.
Result<void> check_all_credentials(Connection& connection) {
  OM_TRY_SET(
      Statement rows,
      connection.query(
          "SELECT name, credential, become_credential FROM host WHERE"
          " (credential NOT IN ('', ?2) AND credential NOT IN (SELECT name FROM credential)) OR"
          " (become_credential <> '' AND become_credential NOT IN"
          "  (SELECT name FROM credential WHERE kind = ?1)) ORDER BY name LIMIT 1",
          kPasswordKind, kAgentCredential));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return {};
  Host host;
  host.name = rows.text(0);
  host.credential = rows.text(1);
  host.become_credential = rows.text(2);
  OM_TRY(rows.finish());
  return check_credentials_of(connection, host);
}

Result<void> check_jumps_exist(Connection& connection) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT name, jump FROM host WHERE jump <> ''"
                              " AND jump NOT IN (SELECT name FROM host) ORDER BY name LIMIT 1"));
  OM_TRY_SET(const bool row, rows.step());
  if (row)
    return fail(Errc::not_found, "inventory.no_jump",
                "host " + rows.text(0) + ": there is no jump host " + rows.text(1));
  return {};
}

std::size_t count_jumps(const Jumps& jumps, const std::string& start) {
  std::size_t count = 0;
  auto at = jumps.find(start);
  for (; at != jumps.end() && count <= kMaxJumps; at = jumps.find(at->second)) ++count;
  return count;
}

Result<void> check_jumps_end(Connection& connection) {
  Jumps jumps;
  OM_TRY_SET(Statement rows, connection.query("SELECT name, jump FROM host WHERE jump <> ''"));
  OM_TRY(rows.each([&](const Statement& row) { jumps.emplace(row.text(0), row.text(1)); }));
  for (const auto& [name, jump] : jumps)
    if (count_jumps(jumps, name) > kMaxJumps)
      return fail(Errc::conflict, "inventory.jump_loop",
                  "host " + name + " is behind more than " + std::to_string(kMaxJumps) +
                      " jump hosts, or they lead back to themselves");
  return {};
}

}  // namespace

Result<void> check_credentials_of(Connection& connection, const Host& host) {
  OM_TRY(check_key(connection, host));
  return check_become_password(connection, host);
}

Result<void> check_references(Connection& connection) {
  OM_TRY(check_all_credentials(connection));
  OM_TRY(check_jumps_exist(connection));
  return check_jumps_end(connection);
}

}  // namespace om::store
