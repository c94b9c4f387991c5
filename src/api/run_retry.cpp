// SPDX-License-Identifier: MIT
//
// Doing a run once more where it did not go well: the same request for those hosts, made by the
// caller now, with the hosts as they are now. Secrets were never stored, so they come again.
#include <algorithm>

#include "api/resources.h"
#include "api/run_start.h"

#include "om/base/text.h"
#include "om/store/journal.h"

namespace om::api {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

const std::string* value_of(const Parameters& parameters, const std::string& name) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

/// Only the run's secret parameters may be given.
Result<void> check_given(const Run& run, const Parameters& given) {
  std::vector<std::string> secrets;
  for (const Parameter& parameter : run.parameters) {
    if (parameter.secret) secrets.push_back(parameter.name);
  }
  for (const auto& [name, value] : given) {
    if (std::find(secrets.begin(), secrets.end(), name) != secrets.end()) continue;
    const std::string which =
        secrets.empty() ? "and it has none" : "which are " + text::join(secrets, ", ");
    return fail(Errc::invalid_argument, "request.field",
                "field 'parameters." + name +
                    "': a retry takes the run's secret parameters only, " + which);
  }
  return {};
}

/// The stored parameters with the secret ones as given. Those that are missing are named.
Result<Parameters> completed(const Run& run, const Parameters& given, FieldErrors& fields) {
  OM_TRY(check_given(run, given));
  Parameters all;
  for (const Parameter& parameter : run.parameters) {
    const std::string* value =
        parameter.secret ? value_of(given, parameter.name) : &parameter.value;
    if (value != nullptr) {
      all.emplace_back(parameter.name, *value);
    } else {
      fields.push_back({parameter.name, "form.secret_again",
                        "is secret, so it was not stored: give it again",
                        "是机密，没有保存：请重新填写"});
    }
  }
  if (fields.empty()) return all;
  return fail(Errc::invalid_argument, "run.secrets_again",
              "run " + std::to_string(run.id.value) +
                  " had secret parameters, which are not stored: give them again");
}

Result<Run> finished_run(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(Run run, store::find_run(*reader, RunId{id}));
  if (run.state == RunState::finished) return run;
  return fail(Errc::conflict, "run.not_over",
              "run " + std::to_string(id) + " is not over: wait for its end, or cancel it");
}

Result<run::Request> request_from(const Call& call, FieldErrors& fields) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::vector<std::string> outcomes = body.texts("outcomes");
  const Json parameters = body.any("parameters");
  OM_TRY(body.finish());
  OM_TRY_SET(const Run run, finished_run(call));
  run::Request request;
  request.kind = run.kind;
  request.spec = run.spec;
  request.module = run.module_id;
  request.platform = platform_from_name(run.platform);
  request.concurrency = run.concurrency;
  request.timeout_s = run.timeout_s;
  request.batches = run.batches;
  store::OfRun& of_run = request.select.of_run.emplace();
  of_run.run = run.id;
  OM_TRY_SET(of_run.outcomes, outcomes_from(outcomes));
  OM_TRY_SET(const Parameters given, parameters_from(parameters));
  OM_TRY_SET(request.parameters, completed(run, given, fields));
  OM_TRY(sign(call, request));
  return request;
}

Result<Json> retried(const Call& call, FieldErrors& fields) {
  OM_TRY_SET(const run::Request request, request_from(call, fields));
  return start_request(call, request, fields);
}

}  // namespace

Response retry_run(const Call& call) {
  FieldErrors fields;
  return respond_with_fields(retried(call, fields), fields, 201);
}

}  // namespace om::api
