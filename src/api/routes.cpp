// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include "api/resources.h"

#include "om/base/text.h"

namespace om::api {
namespace {

using access::Verb;

constexpr Route kRoutes[] = {
    {"GET", "/healthz", Verb::health_get, &get_health},
    {"GET", "/api/v1/session", Verb::session_get, &get_session},
    {"POST", "/api/v1/session", Verb::session_create, &create_session},
    {"POST", "/api/v1/session/link", Verb::session_create, &create_session_by_link},
    {"PUT", "/api/v1/session/password", Verb::session_password, &set_password},
    {"DELETE", "/api/v1/session", Verb::session_end, &end_session},
    {"POST", "/api/v1/tokens", Verb::token_create, &create_token},
    {"POST", "/api/v1/links", Verb::user_link, &create_link},
    {"GET", "/api/v1/categories", Verb::category_list, &list_categories},
    {"GET", "/api/v1/apps", Verb::app_list, &list_apps},
    {"POST", "/api/v1/apps", Verb::app_add, &add_app},
    {"GET", "/api/v1/hosts", Verb::host_list, &list_hosts},
    {"POST", "/api/v1/hosts", Verb::host_add, &add_host},
    {"POST", "/api/v1/hosts/import", Verb::host_import, &import_hosts},
    {"GET", "/api/v1/credentials", Verb::key_list, &list_credentials},
    {"POST", "/api/v1/credentials", Verb::key_add, &add_credential},
    {"GET", "/api/v1/host-keys", Verb::host_key_list, &list_host_keys},
    {"GET", "/api/v1/host-keys/pending", Verb::host_key_list, &list_pending_host_keys},
    {"POST", "/api/v1/host-keys/accept", Verb::host_key_accept, &accept_host_keys},
    {"POST", "/api/v1/host-keys/reject", Verb::host_key_reject, &reject_host_keys},
    {"POST", "/api/v1/host-keys/forget", Verb::host_key_forget, &forget_host_keys},
    {"POST", "/api/v1/host-keys/import", Verb::host_key_import, &import_host_keys},
    {"GET", "/api/v1/modules", Verb::module_list, &list_modules},
    {"POST", "/api/v1/modules", Verb::module_add, &add_module},
    {"GET", "/api/v1/modules/{id}", Verb::module_get, &get_module},
    {"GET", "/api/v1/modules/{id}/source", Verb::module_source, &get_module_source},
    {"GET", "/api/v1/files", Verb::file_list, &list_files},
    {"PUT", "/api/v1/files/{path*}", Verb::file_put, &put_file, Taken::as_it_comes},
    {"DELETE", "/api/v1/files/{path*}", Verb::file_remove, &remove_file},
    {"POST", "/api/v1/preview", Verb::run_preview, &preview_run},
    {"GET", "/api/v1/runs", Verb::run_list, &list_runs},
    {"POST", "/api/v1/runs", Verb::run_start, &start_run},
    {"GET", "/api/v1/runs/{id}", Verb::run_get, &get_run},
    {"POST", "/api/v1/runs/{id}/cancel", Verb::run_cancel, &cancel_run},
    {"POST", "/api/v1/runs/{id}/pause", Verb::run_pause, &pause_run},
    {"POST", "/api/v1/runs/{id}/continue", Verb::run_continue, &continue_run},
    {"POST", "/api/v1/runs/{id}/retry", Verb::run_retry, &retry_run},
    {"GET", "/api/v1/runs/{id}/targets", Verb::run_get, &list_targets},
    {"GET", "/api/v1/runs/{id}/targets/{host}/output", Verb::run_output, &get_output},
    {"GET", "/api/v1/runs/{id}/events", Verb::run_output, &watch_run},
};

/// The braces' values, or nothing when the path does not fit the pattern.
std::optional<std::vector<std::string>> fit(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> wanted = text::split(pattern, '/');
  const std::vector<std::string_view> given = text::split(path, '/');
  const bool open_end = wanted.back().ends_with("*}");
  if (open_end ? wanted.size() > given.size() : wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> args;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (open_end && i + 1 == wanted.size()) {
      const auto rest = static_cast<std::size_t>(given[i].data() - path.data());
      if (rest == path.size()) return std::nullopt;
      args.emplace_back(path.substr(rest));
      break;
    }
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) return std::nullopt;
      args.emplace_back(given[i]);
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return args;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Match find_route(std::string_view method, std::string_view path) {
  Match match;
  for (const Route& route : kRoutes) {
    std::optional<std::vector<std::string>> args = fit(route.pattern, path);
    if (!args) continue;
    if (route.method != method) {
      match.other_method = true;
      continue;
    }
    match.route = &route;
    match.args = std::move(*args);
    return match;
  }
  return match;
}

}  // namespace om::api
