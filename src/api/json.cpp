// SPDX-License-Identifier: MIT
#include "om/api/json.h"

#include <algorithm>

#include "om/base/check.h"

namespace om::api {
namespace {

/// Reads as DOM, giving up at the first bracket too deep.
class DepthGuard {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json&) {
    if ((event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) &&
        depth >= kMaxJsonDepth) {
      too_deep_ = true;
    }
    return !too_deep_;
  }
  bool too_deep() const { return too_deep_; }

 private:
  bool too_deep_ = false;
};

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_json(std::string_view text) {
  DepthGuard guard;
  Json json = Json::parse(
      text.begin(), text.end(),
      [&](int depth, Json::parse_event_t event, Json& value) { return guard(depth, event, value); },
      false);
  if (guard.too_deep()) {
    return fail(Errc::invalid_argument, "request.json",
                "the JSON is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
  }
  if (json.is_discarded()) {
    return fail(Errc::invalid_argument, "request.json", "the body is not valid JSON");
  }
  return json;
}

int status_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
      return 400;
    case Errc::unauthorized:
      return 401;
    case Errc::forbidden:
      return 403;
    case Errc::not_found:
      return 404;
    case Errc::conflict:
      return 409;
    case Errc::overloaded:
      return 503;
    case Errc::timed_out:
      return 504;
    case Errc::disconnected:
      return 502;
    case Errc::cancelled:
    case Errc::io:
    case Errc::internal:
      return 500;
  }
  OM_CHECK(false);
}

Response json_response(const Json& json, int status) {
  Response response;
  response.status = status;
  response.body = dump(json);
  return response;
}

Response error_response(const Error& error, const Json& fields) {
  Json body = {
      {"code", errc_name(error.code)}, {"reason", error.reason}, {"message", error.message}};
  if (!fields.is_null()) body["fields"] = fields;
  return json_response({{"error", body}}, status_of(error.code));
}

Response respond(const Result<Json>& result, int status) {
  return result ? json_response(*result, status) : error_response(result.error());
}

Json time_or_null(WallMs wall_ms) { return wall_ms == 0 ? Json(nullptr) : Json(rfc3339(wall_ms)); }

Result<Body> Body::parse(const Request& request) {
  if (request.body.empty()) return Body(Json::object());
  OM_TRY_SET(Json json, parse_json(request.body));
  if (!json.is_object()) {
    return fail(Errc::invalid_argument, "request.json", "the body must be a JSON object");
  }
  return Body(std::move(json));
}

const Json* Body::take(const char* name) {
  asked_.emplace_back(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Body::refuse(const char* name, std::string_view why) {
  if (!error_) {
    error_ = fail(Errc::invalid_argument, "request.field",
                  "field '" + std::string(name) + "' " + std::string(why));
  }
}

std::string Body::text(const char* name) {
  const Json* value = take(name);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    refuse(name, "must be text");
    return {};
  }
  return value->get<std::string>();
}

std::string Body::required_text(const char* name) {
  std::string value = text(name);
  if (value.empty()) refuse(name, "is missing or empty");
  return value;
}

std::int64_t Body::number(const char* name, std::int64_t fallback, std::int64_t low,
                          std::int64_t high) {
  const Json* value = take(name);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer() || *value < low || *value > high) {
    refuse(name,
           "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return fallback;
  }
  return value->get<std::int64_t>();
}

bool Body::flag(const char* name) {
  const Json* value = take(name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) {
    refuse(name, "must be true or false");
    return false;
  }
  return value->get<bool>();
}

std::vector<std::string> Body::texts(const char* name) {
  const Json* value = take(name);
  if (value == nullptr) return {};
  const bool all_text =
      value->is_array() &&
      std::all_of(value->begin(), value->end(), [](const Json& item) { return item.is_string(); });
  if (!all_text) {
    refuse(name, "must be a list of texts");
    return {};
  }
  return value->get<std::vector<std::string>>();
}

Json Body::any(const char* name) {
  const Json* value = take(name);
  return value == nullptr ? Json(nullptr) : *value;
}

Result<void> Body::finish() const {
  if (error_) return *error_;
  for (const auto& [name, value] : object_.items()) {
    if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
      return fail(Errc::invalid_argument, "request.field",
                  "field '" + name + "' is not known here");
    }
  }
  return {};
}

}  // namespace om::api
