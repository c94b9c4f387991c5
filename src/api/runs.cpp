// SPDX-License-Identifier: MIT
#include "api/resources.h"
#include "api/run_batches.h"
#include "api/run_json.h"
#include "api/run_spec.h"
#include "api/run_start.h"

#include "om/run/prepare.h"
#include "om/store/journal.h"

namespace om::api {
namespace {

constexpr std::int64_t kMaxRunsPage = 500;
constexpr std::int64_t kMaxConcurrency = 10'000;
constexpr std::int64_t kMaxTimeoutS = 86'400;
constexpr std::size_t kPreviewHosts = 20;

/// {"run": 41, "outcomes": ["failed"]}.
Result<store::OfRun> of_run_from(const Json& json) {
  if (!json.is_object()) {
    return fail(Errc::invalid_argument, "request.field",
                "field 'select.of_run' must be an object with run and outcomes");
  }
  Body body(json);
  store::OfRun of_run;
  of_run.run = RunId{body.number("run", 0, 1, INT32_MAX)};
  const std::vector<std::string> outcomes = body.texts("outcomes");
  OM_TRY(body.finish());
  if (of_run.run.value == 0) {
    return fail(Errc::invalid_argument, "request.field", "field 'select.of_run.run' is missing");
  }
  OM_TRY_SET(of_run.outcomes, outcomes_from(outcomes));
  return of_run;
}

Result<store::Selection> selection_from(const Json& json) {
  if (!json.is_object()) {
    return fail(Errc::invalid_argument, "request.field",
                "field 'select' must be an object with hosts, apps, tags or of_run");
  }
  Body select(json);
  store::Selection selection{select.texts("hosts"), select.texts("apps"), select.texts("tags")};
  const Json of_run = select.any("of_run");
  OM_TRY(select.finish());
  if (!of_run.is_null()) {
    OM_TRY_SET(selection.of_run, of_run_from(of_run));
  }
  return selection;
}

Result<run::Request> request_from(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  run::Request request;
  const std::string kind = body.text("kind");
  request.module = ModuleId{body.number("module", 0, 1, INT32_MAX)};
  const Json select = body.any("select");
  const Json parameters = body.any("parameters");
  const std::string platform = body.text("platform");
  const Json copy = body.any("copy");
  const Json fetch = body.any("fetch");
  request.concurrency = static_cast<int>(body.number("concurrency", 0, 0, kMaxConcurrency));
  request.timeout_s = body.number("timeout_s", 0, 0, kMaxTimeoutS);
  const Json batches = body.any("batches");
  OM_TRY(body.finish());
  OM_TRY_SET(request.batches, batches_from(batches));
  if (!kind.empty()) {
    const std::optional<RunKind> known = run_kind_from_name(kind);
    if (!known) {
      return fail(Errc::invalid_argument, "request.field",
                  "field 'kind' must be module, check, copy or fetch");
    }
    request.kind = *known;
  }
  OM_TRY(take_spec(copy, fetch, request));
  OM_TRY_SET(request.select, selection_from(select));
  OM_TRY_SET(request.parameters, parameters_from(parameters));
  if (!platform.empty()) {
    request.platform = platform_from_name(platform);
    if (!request.platform) {
      return fail(Errc::invalid_argument, "request.field",
                  "platform '" + platform + "' is not known");
    }
  }
  OM_TRY(sign(call, request));
  return request;
}

Result<run::Prepared> prepare(const Call& call, const run::Request& request, FieldErrors& fields) {
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  return call.services.preparation.prepare(*reader, request, call.services.clock.wall_ms(), fields);
}

/// The hosts that will be treated alike, with the first names of each group.
Json groups_json(const run::Prepared& prepared) {
  struct Group {
    std::size_t count = 0;
    Json hosts = Json::array();
  };
  std::map<std::tuple<std::string, std::string, std::string>, Group> groups;
  for (const Target& target : prepared.targets) {
    const Host& host = prepared.hosts[static_cast<std::size_t>(target.index)];
    Group& group = groups[{std::string(platform_name(target.platform)), target.login, host.become}];
    ++group.count;
    if (group.hosts.size() < kPreviewHosts) group.hosts.push_back(target.host);
  }
  Json list = Json::array();
  for (const auto& [key, group] : groups) {
    list.push_back({{"platform", std::get<0>(key)},
                    {"login", std::get<1>(key)},
                    {"become", std::get<2>(key)},
                    {"count", group.count},
                    {"hosts", group.hosts}});
  }
  return list;
}

Result<Json> previewed(const Call& call, FieldErrors& fields) {
  OM_TRY_SET(const run::Request request, request_from(call));
  OM_TRY_SET(const run::Prepared prepared, prepare(call, request, fields));
  const Run& run = prepared.run;
  return Json{{"preview",
               {{"count", prepared.targets.size()},
                {"groups", groups_json(prepared)},
                {"kind", run_kind_name(run.kind)},
                {"source", {{"path", run.source_path}, {"sha256", run.source_sha256}}},
                {"parameters", parameters_json(run.parameters)},
                {"timeout_s", run.timeout_s},
                {"concurrency", run.concurrency},
                {"batches", batches_preview(run)},
                {"risk", risk_name(run.risk)},
                {"problems", Json::array()}}}};
}

/// For the audit.
std::string what_it_does(const Run& run) {
  if (run.kind == RunKind::module) return "module " + std::to_string(run.module_id.value);
  std::string text(run_kind_name(run.kind));
  return run.spec.empty() ? text : text + " " + run.spec;
}

}  // namespace

Result<Json> start_request(const Call& call, const run::Request& request, FieldErrors& fields) {
  OM_TRY_SET(run::Prepared prepared, prepare(call, request, fields));
  store::InsertedRun inserted;
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(inserted,
               store::insert_run(transaction, {prepared.run, prepared.targets,
                                               request.idempotency_key, prepared.source_bytes}));
    if (inserted.already_there) return {};
    return call.audit(
        transaction, "run " + std::to_string(inserted.id.value),
        what_it_does(prepared.run) + ", " + std::to_string(prepared.targets.size()) + " targets");
  }));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const Run stored, store::find_run(*reader, inserted.id));
  if (!inserted.already_there) {
    prepared.run = stored;
    call.services.coordinator.start(std::move(prepared).ready(inserted.id));
  }
  return Json{{"run", to_json(stored)}};
}

namespace {

Result<Json> started(const Call& call, FieldErrors& fields) {
  OM_TRY_SET(const run::Request request, request_from(call));
  return start_request(call, request, fields);
}

Result<Json> runs(const Call& call) {
  OM_TRY_SET(const std::int64_t before, call.query_number("before", 0, 0, INT64_MAX));
  OM_TRY_SET(const std::int64_t limit, call.query_number("limit", 50, 1, kMaxRunsPage));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<Run> rows,
             store::list_runs(*reader, before > 0 ? std::optional(RunId{before}) : std::nullopt,
                              static_cast<int>(limit)));
  Json list = Json::array();
  for (const Run& run : rows) list.push_back(to_json(run));
  return Json{{"runs", list}};
}

Result<Json> one_run(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const Run run, store::find_run(*reader, RunId{id}));
  return Json{{"run", to_json(run)}};
}

Result<Json> cancelled(const Call& call) {
  OM_TRY_SET(const Json answer, one_run(call));
  const RunId id{answer.at("run").at("id").get<std::int64_t>()};
  if (answer.at("run").at("state") != run_state_name(RunState::finished)) {
    OM_TRY(call.services.store.write([&](store::Transaction& transaction) {
      return call.audit(transaction, "run " + std::to_string(id.value));
    }));
    call.services.coordinator.cancel(id);
  }
  return answer;
}

}  // namespace

Response preview_run(const Call& call) {
  FieldErrors fields;
  return respond_with_fields(previewed(call, fields), fields, 200);
}
Response start_run(const Call& call) {
  FieldErrors fields;
  return respond_with_fields(started(call, fields), fields, 201);
}
Response list_runs(const Call& call) { return respond(runs(call)); }
Response get_run(const Call& call) { return respond(one_run(call)); }
Response cancel_run(const Call& call) { return respond(cancelled(call), 202); }

}  // namespace om::api
