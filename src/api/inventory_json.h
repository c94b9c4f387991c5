// SPDX-License-Identifier: MIT
//
// The inventory's values as docs/api.md shows them. Pure.
#pragma once

#include "om/api/json.h"
#include "om/store/inventory.h"

namespace om::api {

Json to_json(const store::CategoryCount& category);
Json to_json(const store::AppCount& app);
Json to_json(const store::HostRow& row);

}  // namespace om::api
