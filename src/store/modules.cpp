// SPDX-License-Identifier: MIT
#include "om/store/modules.h"

#include "store/module_rows.h"
#include "store/transaction.h"

#include "om/store/inventory_rules.h"

// Spelt once; a statement's text has to be one literal.
#define OM_MODULE_COLUMNS                                                                 \
  "number, name, name_en, caption, caption_en, form, form_en, risk, platform, timeout_s," \
  " concurrency"

namespace om::store {
namespace {

Module module_from(const Statement& row) {
  Module module;
  module.id = {row.integer(0)};
  module.name = row.text(1);
  module.name_en = row.text(2);
  module.caption = row.text(3);
  module.caption_en = row.text(4);
  module.form = row.text(5);
  module.form_en = row.text(6);
  module.risk = risk_from_name(row.text(7)).value_or(Risk::danger);
  module.platform = platform_from_name(row.text(8));
  module.timeout = std::chrono::seconds(row.integer(9));
  module.concurrency = static_cast<int>(row.integer(10));
  return module;
}

std::string_view platform_text(const Module& module) {
  return module.platform ? platform_name(*module.platform) : std::string_view();
}

Result<void> check_name(std::string_view what, const std::string& name) {
  OM_TRY(check_label(what, name));
  if (name.find("@@") != std::string::npos)
    return fail(Errc::invalid_argument, "module.bad_name",
                std::string(what) + ": must not have '@@'");
  return {};
}

Result<void> check(const Module& module) {
  OM_TRY(check_name("name", module.name));
  if (!module.name_en.empty()) OM_TRY(check_name("name_en", module.name_en));
  if (module.timeout.count() < 0 || module.concurrency < 0)
    return fail(Errc::invalid_argument, "module.bad_limit",
                "timeout and concurrency must not be negative");
  return {};
}

}  // namespace

Result<std::vector<Module>> list_modules(Connection& connection) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT " OM_MODULE_COLUMNS " FROM module ORDER BY number"));
  std::vector<Module> modules;
  OM_TRY(rows.each([&](const Statement& row) { modules.push_back(module_from(row)); }));
  return modules;
}

Result<Module> find_module(Connection& connection, ModuleId number) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT " OM_MODULE_COLUMNS " FROM module WHERE number = ?", number));
  OM_TRY_SET(const bool row, rows.step());
  if (!row)
    return fail(Errc::not_found, "module.none",
                "there is no module " + std::to_string(number.value));
  return module_from(rows);
}

Result<ModuleId> insert_module(Transaction& transaction, const Module& module,
                               std::optional<ModuleId> number) {
  OM_TRY(check(module));
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute(
      "INSERT INTO module (" OM_MODULE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", number,
      module.name, module.name_en, module.caption, module.caption_en, module.form, module.form_en,
      risk_name(module.risk), platform_text(module), module.timeout.count(), module.concurrency));
  return ModuleId{connection.last_insert_id()};
}

Result<ModuleId> add_module(Transaction& transaction, const Module& module) {
  return insert_module(transaction, module, std::nullopt);
}

Result<void> update_module(Transaction& transaction, const Module& module) {
  OM_TRY(check(module));
  Connection& connection = transaction.connection();
  OM_TRY(connection.execute(
      "UPDATE module SET name = ?2, name_en = ?3, caption = ?4, caption_en = ?5, form = ?6,"
      " form_en = ?7, risk = ?8, platform = ?9, timeout_s = ?10, concurrency = ?11"
      " WHERE number = ?1",
      module.id, module.name, module.name_en, module.caption, module.caption_en, module.form,
      module.form_en, risk_name(module.risk), platform_text(module), module.timeout.count(),
      module.concurrency));
  if (connection.changes() == 0)
    return fail(Errc::not_found, "module.none",
                "there is no module " + std::to_string(module.id.value));
  return {};
}

}  // namespace om::store
