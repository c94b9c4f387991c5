// SPDX-License-Identifier: MIT
//
// JSON in and out of the API: nlohmann-json with the two decisions it leaves open. Text that is not
// UTF-8 is written with replacement characters, never refused; parsing does not throw and is
// bounded in depth. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "om/api/request.h"
#include "om/base/result.h"

namespace om::api {

using Json = nlohmann::json;

/// Deeper nesting is refused: a request of ours needs four levels.
inline constexpr int kMaxJsonDepth = 32;

std::string dump(const Json& json);
Result<Json> parse_json(std::string_view text);

Response json_response(const Json& json, int status = 200);
/// {"error": ...} with the status that fits the code. `fields` is an array or null.
Response error_response(const Error& error, const Json& fields = nullptr);
int status_of(Errc code);
/// The JSON, or the error.
Response respond(const Result<Json>& result, int status = 200);

/// null instead of 0, "" or nothing.
Json time_or_null(WallMs wall_ms);

/// A request's JSON object, read field by field. Wrong types and fields that nobody asked for are
/// collected, and finish() reports the first. One use, one thread.
class Body {
 public:
  /// An empty body counts as {}.
  static Result<Body> parse(const Request& request);
  explicit Body(Json object) : object_(std::move(object)) {}

  std::string text(const char* name);
  /// As text(), but must be there and not empty.
  std::string required_text(const char* name);
  std::int64_t number(const char* name, std::int64_t fallback, std::int64_t low, std::int64_t high);
  bool flag(const char* name);
  std::vector<std::string> texts(const char* name);
  /// The value as it is; null when it is not there.
  Json any(const char* name);
  bool has(const char* name) const { return object_.contains(name); }
  /// Fails with invalid_argument "request.field".
  Result<void> finish() const;

 private:
  const Json* take(const char* name);
  void refuse(const char* name, std::string_view why);

  Json object_;
  std::vector<std::string> asked_;
  std::optional<Error> error_;
};

}  // namespace om::api
