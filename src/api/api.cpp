// SPDX-License-Identifier: MIT
#include "om/api/api.h"

#include <exception>

#include "api/call.h"
#include "api/identify.h"
#include "api/routes.h"

#include "om/access/access.h"
#include "om/access/audit.h"
#include "om/access/gate.h"
#include "om/base/log.h"
#include "om/base/text.h"

namespace om::api {
namespace {

Response not_routed(const Match& match, const Request& request) {
  Response response =
      error_response(fail(Errc::not_found, "request.no_such_path", "there is no " + request.path));
  if (match.other_method) {
    response = error_response(fail(Errc::invalid_argument, "request.method",
                                   request.path + " does not take " + request.method));
    response.status = 405;
  }
  return response;
}

Response answer(const Services& services, const Request& request) {
  Match match = find_route(request.method, request.path);
  if (match.route == nullptr) return not_routed(match, request);
  Result<std::optional<access::Caller>> caller = identify(services, request);
  if (!caller) return error_response(caller.error());
  const access::Caller* who = *caller ? &**caller : nullptr;
  if (const Result<void> admitted = access::admit(who, match.route->verb); !admitted) {
    return error_response(admitted.error());
  }
  const access::Caller nobody;
  return match.route->answer({services, request, match.route->verb, who != nullptr ? *who : nobody,
                              std::move(match.args)});
}

}  // namespace

Response Api::dispatch(const Request& request) const {
  try {
    return answer(services_, request);
  } catch (const std::exception& exception) {
    log::error("request failed",
               {{"method", request.method}, {"path", request.path}, {"what", exception.what()}});
    return error_response(
        fail(Errc::internal, "internal", "the controller failed; its log says more"));
  }
}

bool takes_upload(std::string_view method, std::string_view path) {
  const Match match = find_route(method, path);
  return match.route != nullptr && match.route->body == Taken::as_it_comes;
}

std::string Call::via() const {
  switch (request.entry) {
    case Entry::control:
      return "cli";
    case Entry::legacy:
      return "legacy";
    case Entry::tcp:
      return caller.how == access::How::token ? "api" : "page";
  }
  OM_CHECK(false);
}

Result<std::int64_t> Call::number_arg(std::size_t index) const {
  const std::optional<std::int64_t> number = text::parse_int(args.at(index));
  if (!number || *number < 0) {
    return fail(Errc::not_found, "request.no_such_id", "there is no '" + args.at(index) + "'");
  }
  return *number;
}

Result<std::int64_t> Call::query_number(const char* name, std::int64_t fallback, std::int64_t low,
                                        std::int64_t high) const {
  const std::optional<std::string> value = request.query_value(name);
  if (!value) return fallback;
  const std::optional<std::int64_t> number = text::parse_int(*value);
  if (!number || *number < low || *number > high) {
    return fail(Errc::invalid_argument, "request.query",
                "'" + std::string(name) + "' must be a number from " + std::to_string(low) +
                    " to " + std::to_string(high));
  }
  return *number;
}

Result<std::vector<std::int64_t>> Call::query_numbers(const char* name) const {
  std::vector<std::int64_t> numbers;
  for (const auto& [key, value] : request.query) {
    if (key != name) continue;
    const std::optional<std::int64_t> number = text::parse_int(value);
    if (!number) {
      return fail(Errc::invalid_argument, "request.query",
                  "'" + std::string(name) + "' must be a number");
    }
    numbers.push_back(*number);
  }
  return numbers;
}

Result<void> Call::audit(store::Transaction& transaction, std::string_view object,
                         std::string_view details) const {
  return access::record(transaction, services.clock, caller.name, origin_of(request, via()),
                        access::verb_name(verb), object, details);
}

}  // namespace om::api
