// SPDX-License-Identifier: MIT
#include "api/inventory_json.h"
#include "api/resources.h"

namespace om::api {
namespace {

Result<Json> categories(const Call& call) {
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<store::CategoryCount> rows, store::list_categories(*reader));
  Json list = Json::array();
  for (const store::CategoryCount& row : rows) list.push_back(to_json(row));
  return Json{{"categories", list}};
}

}  // namespace

Response list_categories(const Call& call) { return respond(categories(call)); }

}  // namespace om::api
