// SPDX-License-Identifier: MIT

#include "store/json_list.h"
#include "store/transaction.h"

#include "om/base/text.h"
#include "om/store/inventory.h"
#include "om/store/inventory_rules.h"

namespace om::store {
namespace {

App app_from(const Statement& row) {
  return {{row.integer(0)}, {row.integer(1)}, row.text(2), row.text(3)};
}

std::string full_name(const App& app) { return app.category + "/" + app.name; }

Error ambiguous(const std::string& name, const std::vector<App>& apps) {
  std::vector<std::string> names;
  for (const App& app : apps) names.push_back(full_name(app));
  return fail(
      Errc::conflict, "inventory.app_ambiguous",
      "application " + name + " is in several categories; write one of " + text::join(names, ", "));
}

}  // namespace

Result<std::vector<AppCount>> list_apps(Connection& connection,
                                        const std::vector<CategoryId>& categories) {
  OM_TRY_SET(
      Statement rows,
      connection.query("SELECT app.id, category_id, category.name, app.name,"
                       " (SELECT count(*) FROM host_app WHERE app_id = app.id)"
                       " FROM app JOIN category ON category.id = category_id"
                       " WHERE ?1 IS NULL OR category_id IN (SELECT value FROM json_each(?1))"
                       " ORDER BY app.id",
                       json_list(categories)));
  std::vector<AppCount> apps;
  OM_TRY(rows.each([&](const Statement& row) { apps.push_back({app_from(row), row.integer(4)}); }));
  return apps;
}

Result<App> find_app(Connection& connection, const std::string& name) {
  std::optional<std::string_view> category;
  std::string_view bare = name;
  if (const auto slash = bare.find('/'); slash != std::string_view::npos) {
    category = bare.substr(0, slash);
    bare.remove_prefix(slash + 1);
  }
  OM_TRY_SET(Statement rows,
             connection.query("SELECT app.id, category_id, category.name, app.name"
                              " FROM app JOIN category ON category.id = category_id"
                              " WHERE app.name = ?1 AND (?2 IS NULL OR category.name = ?2)"
                              " ORDER BY app.id",
                              bare, category));
  std::vector<App> apps;
  OM_TRY(rows.each([&](const Statement& row) { apps.push_back(app_from(row)); }));
  if (apps.empty())
    return fail(Errc::not_found, "inventory.no_app", "there is no application " + name);
  if (apps.size() > 1) return ambiguous(name, apps);
  return std::move(apps.front());
}

Result<App> add_app(Transaction& transaction, const std::string& category,
                    const std::string& name) {
  OM_TRY(check_label("application", name));
  Connection& connection = transaction.connection();
  OM_TRY_SET(const Category parent, find_category(connection, category));
  OM_TRY(connection.execute(
      "INSERT INTO app (category_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING", parent.id, name));
  if (connection.changes() == 0)
    return fail(Errc::conflict, "inventory.app_exists",
                "there is an application " + category + "/" + name + " already");
  return App{{connection.last_insert_id()}, parent.id, parent.name, name};
}

}  // namespace om::store
