// SPDX-License-Identifier: MIT

#include <algorithm>

#include "store/transaction.h"

#include "om/store/inventory.h"
#include "om/store/inventory_rules.h"

namespace om::store {
namespace {

std::string_view platform_text(const Host& host) {
  return host.platform ? platform_name(*host.platform) : std::string_view();
}

Result<std::vector<App>> find_apps(Connection& connection, const Host& host) {
  std::vector<App> apps;
  for (const std::string& name : host.apps) {
    auto app = find_app(connection, name);
    if (!app) return app.error().within("host " + host.name);
    apps.push_back(std::move(*app));
  }
  return apps;
}

Result<void> tie(Connection& connection, HostId id, const std::vector<App>& apps,
                 const std::vector<std::string>& tags) {
  for (const App& app : apps)
    OM_TRY(connection.execute("INSERT OR IGNORE INTO host_app (host_id, app_id) VALUES (?, ?)", id,
                              app.id));
  for (const std::string& tag : tags)
    OM_TRY(
        connection.execute("INSERT OR IGNORE INTO host_tag (host_id, tag) VALUES (?, ?)", id, tag));
  return {};
}

Result<void> untie(Connection& connection, HostId id) {
  OM_TRY(connection.execute("DELETE FROM host_app WHERE host_id = ?", id));
  return connection.execute("DELETE FROM host_tag WHERE host_id = ?", id);
}

Result<HostId> insert(Connection& connection, const Host& host) {
  OM_TRY_SET(const auto apps, find_apps(connection, host));
  OM_TRY(connection.execute(
      "INSERT INTO host (name, address, port, login, credential, platform, os, "
      "address_public, jump,"
      " become, encoding, host_key_alias, minion_id, note, become_method,"
      " become_credential, legacy_algorithms)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      host.name, host.address, host.port, host.login, host.credential, platform_text(host), host.os,
      host.address_public, host.jump, host.become, host.encoding, host.host_key_alias,
      host.minion_id, host.note, become_method_name(host.become_method), host.become_credential,
      host.legacy_algorithms));
  const HostId id{connection.last_insert_id()};
  OM_TRY(tie(connection, id, apps, host.tags));
  return id;
}

Result<void> replace(Connection& connection, HostId id, const Host& host) {
  OM_TRY_SET(const auto apps, find_apps(connection, host));
  OM_TRY(connection.execute(
      "UPDATE host SET address = ?2, port = ?3, login = ?4, credential = ?5, platform = ?6, os = "
      "?7,"
      " address_public = ?8, jump = ?9, become = ?10, encoding = ?11, host_key_alias = ?12,"
      " minion_id = ?13, note = ?14, become_method = ?15, become_credential = ?16,"
      " legacy_algorithms = ?17 WHERE id = ?1",
      id, host.address, host.port, host.login, host.credential, platform_text(host), host.os,
      host.address_public, host.jump, host.become, host.encoding, host.host_key_alias,
      host.minion_id, host.note, become_method_name(host.become_method), host.become_credential,
      host.legacy_algorithms));
  OM_TRY(untie(connection, id));
  return tie(connection, id, apps, host.tags);
}

std::vector<std::string> as_set(std::vector<std::string> names) {
  std::ranges::sort(names);
  const auto doubled = std::ranges::unique(names);
  names.erase(doubled.begin(), doubled.end());
  return names;
}

/// Whether saving `wanted` over `there` would change nothing; `apps` are wanted's, resolved.
bool is_same(const Host& there, const Host& wanted, const std::vector<App>& apps) {
  std::vector<std::string> app_names;
  for (const App& app : apps) app_names.push_back(app.category + "/" + app.name);
  const auto fields = [](const Host& host) {
    return std::tie(host.name, host.address, host.port, host.login, host.credential, host.platform,
                    host.os, host.address_public, host.jump, host.become, host.encoding,
                    host.host_key_alias, host.minion_id, host.note, host.become_method,
                    host.become_credential, host.legacy_algorithms);
  };
  return fields(there) == fields(wanted) && as_set(there.apps) == as_set(std::move(app_names)) &&
         as_set(there.tags) == as_set(wanted.tags);
}

bool is_missing(const Error& error) { return error.code == Errc::not_found; }

}  // namespace

Result<HostId> add_host(Transaction& transaction, const Host& host) {
  OM_TRY(check_host(host));
  auto id = insert(transaction.connection(), host);
  if (!id && id.error().reason == "store.duplicate")
    return fail(Errc::conflict, "inventory.host_exists",
                "there is a host " + host.name + " already");
  return id;
}

Result<void> update_host(Transaction& transaction, const Host& host) {
  OM_TRY(check_host(host));
  OM_TRY_SET(const Host there, find_host(transaction.connection(), host.name));
  return replace(transaction.connection(), there.id, host);
}

Result<Saved> save_host(Transaction& transaction, const Host& host) {
  OM_TRY(check_host(host));
  Connection& connection = transaction.connection();
  const auto there = find_host(connection, host.name);
  if (!there) {
    if (!is_missing(there.error())) return there.error();
    OM_TRY(insert(connection, host));
    return Saved::added;
  }
  OM_TRY_SET(const auto apps, find_apps(connection, host));
  if (is_same(*there, host, apps)) return Saved::unchanged;
  OM_TRY(replace(connection, there->id, host));
  return Saved::changed;
}

Result<void> remove_host(Transaction& transaction, const std::string& name) {
  Connection& connection = transaction.connection();
  OM_TRY_SET(const Host host, find_host(connection, name));
  OM_TRY_SET(Statement behind,
             connection.query("SELECT name FROM host WHERE jump = ? ORDER BY name LIMIT 1", name));
  OM_TRY_SET(const bool needed, behind.step());
  if (needed)
    return fail(Errc::conflict, "inventory.host_needed",
                "host " + behind.text(0) + " is reached through " + name + "; change that first");
  return connection.execute("DELETE FROM host WHERE id = ?", host.id);
}

}  // namespace om::store
