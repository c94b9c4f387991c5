// SPDX-License-Identifier: MIT
#include "api/identify.h"

#include "om/access/access.h"
#include "om/base/text.h"

namespace om::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";

bool changes_something(const Request& request) {
  return request.method != "GET" && request.method != "HEAD";
}

/// A foreign page can send a cookie along, but not a header of its own choosing.
Result<void> check_sent_by_our_page(const Request& request, std::string_view id) {
  if (!changes_something(request)) return {};
  const bool proven = request.entry == Entry::legacy
                          ? !request.header("x-requested-with").empty()
                          : access::Sessions::csrf_matches(id, request.header("x-csrf-token"));
  if (proven) return {};
  const char* header = request.entry == Entry::legacy ? "X-Requested-With" : "X-CSRF-Token";
  return fail(Errc::forbidden, "access.csrf",
              "this changes something and needs the header " + std::string(header) +
                  "; load the page again");
}

}  // namespace

std::string cookie_name(const Services& services) {
  return "omserver_" + services.instance.substr(0, 12);
}

std::string session_id(const Services& services, const Request& request) {
  const std::string wanted = cookie_name(services) + "=";
  const std::string cookies = request.header("cookie");
  for (const std::string_view piece : text::split(cookies, ';')) {
    const std::string_view cookie = text::trim(piece);
    if (cookie.starts_with(wanted)) return std::string(cookie.substr(wanted.size()));
  }
  return {};
}

access::Origin origin_of(const Request& request, std::string via) {
  return {std::move(via), request.peer};
}

Result<std::optional<access::Caller>> identify(const Services& services, const Request& request) {
  if (request.entry == Entry::control) return std::optional(access::local_administrator());
  const std::string authorization = request.header("authorization");
  if (authorization.starts_with(kBearer)) {
    OM_TRY_SET(access::Caller caller, services.access.tokens().find(
                                          std::string_view(authorization).substr(kBearer.size())));
    return std::optional(std::move(caller));
  }
  const std::string id = session_id(services, request);
  if (id.empty()) return std::optional<access::Caller>();
  Result<access::Caller> caller = services.access.sessions().find(id);
  // A cookie that has gone stale is nobody, so that signing in anew is not refused for it.
  if (!caller) return std::optional<access::Caller>();
  OM_TRY(check_sent_by_our_page(request, id));
  return std::optional(std::move(caller).value());
}

}  // namespace om::api
