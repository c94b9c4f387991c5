// SPDX-License-Identifier: MIT
#include "api/inventory_json.h"
#include "api/resources.h"

namespace om::api {
namespace {

Result<Json> apps(const Call& call) {
  OM_TRY_SET(const std::vector<std::int64_t> numbers, call.query_numbers("category"));
  std::vector<CategoryId> categories;
  for (const std::int64_t number : numbers) categories.push_back(CategoryId{number});
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<store::AppCount> rows, store::list_apps(*reader, categories));
  Json list = Json::array();
  for (const store::AppCount& row : rows) list.push_back(to_json(row));
  return Json{{"apps", list}};
}

Result<Json> added(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string name = body.required_text("name");
  const std::string category = body.required_text("category");
  OM_TRY(body.finish());
  store::AppCount app;
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(app.app, store::add_app(transaction, category, name));
    return call.audit(transaction, category + "/" + name);
  }));
  return Json{{"app", to_json(app)}};
}

}  // namespace

Response list_apps(const Call& call) { return respond(apps(call)); }
Response add_app(const Call& call) { return respond(added(call), 201); }

}  // namespace om::api
