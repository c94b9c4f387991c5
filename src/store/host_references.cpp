// SPDX-License-Identifier: MIT
//
// What hosts refer to by name: jump hosts and credentials.

#include <unordered_map>

#include "store/connection.h"

#include "om/store/inventory.h"

namespace om::store {
namespace {

using Jumps = std::unordered_map<std::string, std::string>;

Result<void> check_credentials(Connection& connection) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT name, credential FROM host WHERE credential <> ''"
                              " AND credential NOT IN (SELECT name FROM credential)"
                              " ORDER BY name LIMIT 1"));
  OM_TRY_SET(const bool row, rows.step());
  if (row)
    return fail(Errc::not_found, "inventory.no_credential",
                "host " + rows.text(0) + ": there is no key " + rows.text(1) +
                    "; add it with omserver key add");
  return {};
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

Result<void> check_references(Connection& connection) {
  OM_TRY(check_credentials(connection));
  OM_TRY(check_jumps_exist(connection));
  return check_jumps_end(connection);
}

}  // namespace om::store
