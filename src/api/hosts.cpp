// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>

#include "api/host_csv.h"
#include "api/inventory_json.h"
#include "api/resources.h"

#include "om/store/inventory_rules.h"

namespace om::api {
namespace {

Result<Json> hosts(const Call& call) {
  store::HostFilter filter;
  OM_TRY_SET(const std::vector<std::int64_t> apps, call.query_numbers("app"));
  for (const std::int64_t number : apps) filter.apps.push_back(AppId{number});
  OM_TRY_SET(const std::vector<std::int64_t> categories, call.query_numbers("category"));
  for (const std::int64_t number : categories) filter.categories.push_back(CategoryId{number});
  for (const auto& [name, value] : call.request.query) {
    if (name == "tag") filter.tags.push_back(value);
    if (name == "q") filter.text = value;
  }
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<store::HostRow> rows, store::list_hosts(*reader, filter));
  Json list = Json::array();
  for (const store::HostRow& row : rows) list.push_back(to_json(row));
  return Json{{"hosts", list}};
}

/// "category/app" for each application named, so that the host's own list has one spelling.
Result<void> spell_out_apps(store::Connection& connection, Host& host) {
  for (std::string& name : host.apps) {
    OM_TRY_SET(const App app, store::find_app(connection, name));
    name = app.category + "/" + app.name;
  }
  return {};
}

Result<Host> host_from(Body& body) {
  Host host;
  host.name = body.required_text("name");
  const std::string address = body.required_text("address");
  std::optional<std::uint16_t> port;
  if (body.has("port"))
    port = static_cast<std::uint16_t>(body.number("port", store::kSshPort, 1, 65535));
  host.login = body.text("login");
  host.credential = body.text("key");
  const std::string platform = body.text("platform");
  host.os = body.text("os");
  host.address_public = body.text("address_public");
  host.jump = body.text("jump");
  host.become = body.text("become");
  const std::string become_method = body.text("become_method");
  host.become_credential = body.text("become_password");
  host.legacy_algorithms = body.flag("legacy_algorithms");
  host.host_key_alias = body.text("host_key_alias");
  host.encoding = body.text("encoding");
  host.note = body.text("note");
  host.apps = body.texts("apps");
  host.tags = body.texts("tags");
  OM_TRY(body.finish());
  OM_TRY_SET(store::Endpoint endpoint, store::split_address(address, port));
  host.address = std::move(endpoint.address);
  host.port = endpoint.port;
  if (!platform.empty()) {
    host.platform = platform_from_name(platform);
    if (!host.platform) {
      return fail(Errc::invalid_argument, "host.platform",
                  "platform '" + platform + "' is not one of ssh, local, ansible, saltstack, func");
    }
  }
  if (!become_method.empty()) {
    const auto method = become_method_from_name(become_method);
    if (!method) {
      return fail(Errc::invalid_argument, "host.become_method",
                  "become_method '" + become_method + "' is not one of sudo, su, doas");
    }
    host.become_method = *method;
  }
  return host;
}

Result<Json> added(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  OM_TRY_SET(Host host, host_from(body));
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY(spell_out_apps(store::connection_of(transaction), host));
    OM_TRY_SET(host.id, store::add_host(transaction, host));
    OM_TRY(store::check_references(store::connection_of(transaction)));
    return call.audit(transaction, host.name, "address " + host.address);
  }));
  return Json{{"host", to_json(store::HostRow{host, std::nullopt})}};
}

/// The application a row names, made where it is new and the row says in which category.
Result<std::string> app_of_row(store::Transaction& transaction, const CsvHost& row,
                               const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string category = slash == std::string::npos ? row.category : name.substr(0, slash);
  const std::string bare = slash == std::string::npos ? name : name.substr(slash + 1);
  const std::string full = category.empty() ? bare : category + "/" + bare;
  Result<App> app = store::find_app(store::connection_of(transaction), full);
  if (!app && app.error().code == Errc::not_found && !category.empty()) {
    if (!store::find_category(store::connection_of(transaction), category)) {
      OM_TRY_SET([[maybe_unused]] const Category made, store::add_category(transaction, category));
    }
    app = store::add_app(transaction, category, bare);
  }
  if (!app) return app.error();
  return app->category + "/" + app->name;
}

struct Imported {
  std::int64_t added = 0;
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::vector<CsvFault> refused;
};

/// One row, in a savepoint of its own: what a refused row made is undone.
Result<store::Saved> import_row(store::Transaction& transaction, CsvHost row) {
  store::Saved saved = store::Saved::unchanged;
  OM_TRY(store::nested(transaction, [&]() -> Result<void> {
    OM_TRY(store::check_credentials_of(store::connection_of(transaction), row.host));
    for (std::string& name : row.host.apps) {
      OM_TRY_SET(name, app_of_row(transaction, row, name));
    }
    OM_TRY_SET(saved, store::save_host(transaction, row.host));
    return {};
  }));
  return saved;
}

void count(Imported& imported, store::Saved saved) {
  switch (saved) {
    case store::Saved::added:
      ++imported.added;
      break;
    case store::Saved::changed:
      ++imported.changed;
      break;
    case store::Saved::unchanged:
      ++imported.unchanged;
      break;
  }
}

/// Rows may name their jump host before its own row: those wait until it is there. Who waits in
/// vain names a host that is nowhere, or one that waits too.
Result<Imported> import_all(store::Transaction& transaction, const CsvTable& table) {
  Imported imported;
  imported.refused = table.faults;
  std::vector<const CsvHost*> waiting;
  for (const CsvHost& row : table.hosts) waiting.push_back(&row);
  for (std::size_t before = waiting.size() + 1; waiting.size() < before;) {
    before = waiting.size();
    std::vector<const CsvHost*> still_waiting;
    for (const CsvHost* row : waiting) {
      const std::string& jump = row->host.jump;
      if (!jump.empty() && !store::find_host(store::connection_of(transaction), jump)) {
        still_waiting.push_back(row);
        continue;
      }
      const Result<store::Saved> saved = import_row(transaction, *row);
      if (saved) {
        count(imported, *saved);
      } else {
        imported.refused.push_back({row->line, saved.error().reason, saved.error().message});
      }
    }
    waiting = std::move(still_waiting);
  }
  for (const CsvHost* row : waiting) {
    imported.refused.push_back(
        {row->line, "inventory.no_jump", "there is no jump host " + row->host.jump});
  }
  std::sort(imported.refused.begin(), imported.refused.end(),
            [](const CsvFault& a, const CsvFault& b) { return a.line < b.line; });
  OM_TRY(store::check_references(store::connection_of(transaction)));
  return imported;
}

Result<Json> imported(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string csv = body.required_text("csv");
  const bool dry_run = body.flag("dry_run");
  OM_TRY(body.finish());
  OM_TRY_SET(const CsvTable table, parse_host_csv(csv));
  Imported result;
  // A dry run does everything and then refuses its own transaction, so it can promise what the real
  // one will do.
  const Result<void> written =
      call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
        OM_TRY_SET(result, import_all(transaction, table));
        if (dry_run) return fail(Errc::cancelled, "import.dry_run", "dry run");
        return call.audit(transaction, std::to_string(result.added) + " added, " +
                                           std::to_string(result.changed) + " changed");
      });
  if (!written && written.error().reason != "import.dry_run") return written.error();
  Json refused = Json::array();
  for (const CsvFault& fault : result.refused) {
    refused.push_back({{"line", fault.line}, {"reason", fault.reason}, {"message", fault.message}});
  }
  return Json{{"added", result.added},
              {"changed", result.changed},
              {"unchanged", result.unchanged},
              {"refused", refused}};
}

}  // namespace

Response list_hosts(const Call& call) { return respond(hosts(call)); }
Response add_host(const Call& call) { return respond(added(call), 201); }
Response import_hosts(const Call& call) { return respond(imported(call)); }

}  // namespace om::api
