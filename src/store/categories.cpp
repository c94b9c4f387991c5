// SPDX-License-Identifier: MIT

#include "store/transaction.h"

#include "om/store/inventory.h"
#include "om/store/inventory_rules.h"

namespace om::store {

Result<std::vector<CategoryCount>> list_categories(Connection& connection) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT category.id, category.name, count(DISTINCT app.id),"
                              " count(DISTINCT host_app.host_id) FROM category"
                              " LEFT JOIN app ON app.category_id = category.id"
                              " LEFT JOIN host_app ON host_app.app_id = app.id GROUP BY category.id"
                              " ORDER BY category.id"));
  std::vector<CategoryCount> categories;
  OM_TRY(rows.each([&](const Statement& row) {
    categories.push_back({{{row.integer(0)}, row.text(1)}, row.integer(2), row.integer(3)});
  }));
  return categories;
}

Result<Category> find_category(Connection& connection, const std::string& name) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, name FROM category WHERE name = ?", name));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return fail(Errc::not_found, "inventory.no_category", "there is no category " + name);
  return Category{{rows.integer(0)}, rows.text(1)};
}

Result<Category> add_category(Transaction& transaction, const std::string& name) {
  OM_TRY(check_label("category", name));
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute("INSERT INTO category (name) VALUES (?) ON CONFLICT DO NOTHING", name));
  if (connection.changes() == 0)
    return fail(Errc::conflict, "inventory.category_exists",
                "there is a category " + name + " already");
  return Category{{connection.last_insert_id()}, name};
}

}  // namespace om::store
