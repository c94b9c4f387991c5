// SPDX-License-Identifier: MIT
#include "api/run_start.h"

#include "api/run_spec.h"

namespace om::api {
namespace {

constexpr std::size_t kMaxIdempotencyKey = 200;

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parameters_from(const Json& json) {
  std::vector<std::pair<std::string, std::string>> parameters;
  const Error wrong = fail(Errc::invalid_argument, "request.field",
                           "field 'parameters' must be an object or a list of texts");
  if (json.is_null()) return parameters;
  if (json.is_array()) {
    for (const Json& value : json) {
      if (!value.is_string()) return wrong;
      parameters.emplace_back("sys_param_" + std::to_string(parameters.size() + 1),
                              value.get<std::string>());
    }
    return parameters;
  }
  if (!json.is_object()) return wrong;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) return wrong;
    parameters.emplace_back(name, value.get<std::string>());
  }
  return parameters;
}

Result<std::vector<Outcome>> outcomes_from(const std::vector<std::string>& names) {
  std::vector<Outcome> outcomes;
  for (const std::string& name : names) {
    const std::optional<Outcome> outcome = outcome_from_name(name);
    if (!outcome) {
      return fail(Errc::invalid_argument, "request.field",
                  "field 'outcomes': there is no outcome '" + name +
                      "'; they are ok, failed, unreachable, timed_out, cancelled, lost, skipped "
                      "and interrupted");
    }
    outcomes.push_back(*outcome);
  }
  return outcomes;
}

Result<void> sign(const Call& call, run::Request& request) {
  OM_TRY(may_start(call, request.kind));
  // Only the local administrator, who can read them anyway, may name sources outside of DATA/files.
  if (call.request.entry == Entry::control) request.reach = run::Request::SourceReach::any_path;
  request.idempotency_key = call.request.header("idempotency-key");
  if (request.idempotency_key.size() > kMaxIdempotencyKey) {
    return fail(Errc::invalid_argument, "request.header",
                "Idempotency-Key is longer than 200 bytes");
  }
  request.user = call.caller.name;
  request.via = call.via();
  return {};
}

Response respond_with_fields(const Result<Json>& result, const FieldErrors& fields, int status) {
  if (result || fields.empty()) return respond(result, status);
  Json list = Json::array();
  for (const catalogue::FieldError& field : fields) {
    list.push_back({{"field", field.field},
                    {"reason", field.key},
                    {"message", field.message},
                    {"message_zh", field.message_zh}});
  }
  return error_response(result.error(), list);
}

}  // namespace om::api
