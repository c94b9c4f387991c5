// SPDX-License-Identifier: MIT
#include "api/inventory_json.h"

namespace om::api {

Json to_json(const store::CategoryCount& category) {
  return {{"id", category.category.id.value},
          {"name", category.category.name},
          {"app_count", category.apps},
          {"host_count", category.hosts}};
}

Json to_json(const store::AppCount& app) {
  return {{"id", app.app.id.value},
          {"name", app.app.name},
          {"category_id", app.app.category_id.value},
          {"category", app.app.category},
          {"host_count", app.hosts}};
}

Json to_json(const store::HostRow& row) {
  const Host& host = row.host;
  Json last = nullptr;
  if (row.last) {
    last = {{"run", row.last->run_id.value},
            {"outcome", outcome_name(row.last->outcome)},
            {"at", time_or_null(row.last->at_ms)}};
  }
  return {{"id", host.id.value},
          {"name", host.name},
          {"address", host.address},
          {"port", host.port},
          {"login", host.login},
          {"key", host.credential},
          {"platform", host.platform ? Json(platform_name(*host.platform)) : Json("")},
          {"os", host.os},
          {"address_public", host.address_public},
          {"jump", host.jump},
          {"become", host.become},
          {"become_method", become_method_name(host.become_method)},
          {"become_password", host.become_credential},
          {"legacy_algorithms", host.legacy_algorithms},
          {"host_key_alias", host.host_key_alias},
          {"encoding", host.encoding},
          {"minion_id", host.minion_id},
          {"note", host.note},
          {"apps", host.apps},
          {"tags", host.tags},
          {"last", last}};
}

}  // namespace om::api
