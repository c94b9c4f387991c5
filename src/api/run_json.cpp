// SPDX-License-Identifier: MIT
#include "api/run_json.h"

#include <map>

#include "api/run_batches.h"

#include "om/api/api.h"
#include "om/base/utf8.h"
#include "om/store/journal.h"

namespace om::api {
namespace {

Json counts_json(const OutcomeCounts& counts) {
  Json json = {{"waiting", counts.waiting}, {"running", counts.running}};
  for (const Outcome outcome : kOutcomes) {
    json[std::string(outcome_name(outcome))] = counts.by_outcome[static_cast<std::size_t>(outcome)];
  }
  return json;
}

Json outcome_or_null(const std::optional<Outcome>& outcome) {
  return outcome ? Json(outcome_name(*outcome)) : Json(nullptr);
}

Json duration_or_null(WallMs from_ms, WallMs to_ms) {
  return from_ms == 0 || to_ms == 0 ? Json(nullptr) : Json(to_ms - from_ms);
}

Json object_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  Result<Json> json = parse_json(text);
  return json ? std::move(json).value() : Json(nullptr);
}

Json progress_or_null(const Target& target) {
  if (target.total_bytes == 0 && target.done_bytes == 0) return nullptr;
  return {{"done", target.done_bytes}, {"total", target.total_bytes}};
}

/// The end of what came: the newest text is what a watcher looks at.
struct Preview {
  std::string text;
  bool gap = false;
  std::int64_t seq = 0;
};

}  // namespace

Json parameters_json(const std::vector<Parameter>& parameters) {
  Json list = Json::array();
  for (const Parameter& parameter : parameters) {
    list.push_back({{"name", parameter.name},
                    {"value", parameter.secret ? "" : parameter.value},
                    {"secret", parameter.secret}});
  }
  return list;
}

Json run_state_json(const Run& run) {
  return {{"id", run.id.value},
          {"state", run_state_name(run.state)},
          {"paused_reason", run.paused_reason ? paused_reason_name(*run.paused_reason) : ""},
          {"batches", batches_json(run.batches)},
          {"outcome", outcome_or_null(run.outcome)},
          {"created_at", time_or_null(run.created_ms)},
          {"finished_at", time_or_null(run.finished_ms)},
          {"duration_ms", duration_or_null(run.created_ms, run.finished_ms)},
          {"total", run.total},
          {"counts", counts_json(run.counts)},
          {"seq", run.seq}};
}

Json to_json(const Run& run) {
  Json json = run_state_json(run);
  json["kind"] = run_kind_name(run.kind);
  json["spec"] = object_or_null(run.spec);
  json["module"] = nullptr;
  if (run.kind == RunKind::module) {
    json["module"] = {{"id", run.module_id.value},
                      {"name", run.module_name},
                      {"name_en", run.module_name_en},
                      {"risk", risk_name(run.risk)}};
  }
  json["user"] = run.user;
  json["via"] = run.via;
  json["platform"] = run.platform;
  json["parameters"] = parameters_json(run.parameters);
  json["concurrency"] = run.concurrency;
  json["timeout_s"] = run.timeout_s;
  json["source"] = {{"path", run.source_path}, {"sha256", run.source_sha256}};
  return json;
}

Json to_json(const Target& target) {
  return {{"index", target.index},
          {"host", target.host},
          {"address", target.address},
          {"platform", platform_name(target.platform)},
          {"login", target.login},
          {"state", target_state_name(target.state)},
          {"outcome", outcome_or_null(target.outcome)},
          {"exit_code", target.exit_code ? Json(*target.exit_code) : Json(nullptr)},
          {"signal", target.signal},
          {"reason", target.reason},
          {"message", target.message},
          {"remedy", target.remedy},
          {"started_at", time_or_null(target.started_ms)},
          {"duration_ms", duration_or_null(target.started_ms, target.finished_ms)},
          {"stdout_bytes", target.stdout_bytes},
          {"stderr_bytes", target.stderr_bytes},
          {"cut_bytes", target.cut_bytes},
          {"last_line", target.last_line},
          {"batch", target.batch},
          {"progress", progress_or_null(target)},
          {"seq", target.seq}};
}

std::string encode_event(const store::JournalEntry& entry) {
  return event_text(entry, kPreviewBytes);
}

std::string event_text(const store::JournalEntry& entry, std::size_t preview_bytes) {
  std::map<std::pair<int, Stream>, Preview> previews;
  for (const OutputChunk& chunk : entry.output) {
    Preview& preview = previews[{chunk.target_index, chunk.stream}];
    preview.text += chunk.bytes;
    preview.seq = chunk.seq;
    if (preview.text.size() > preview_bytes) {
      preview.text.erase(0, preview.text.size() - preview_bytes);
      preview.gap = true;
    }
  }
  Json output = Json::array();
  for (const auto& [place, preview] : previews) {
    Json item = {{"index", place.first},
                 {"stream", stream_name(place.second)},
                 {"text", utf8::decode_lossy(preview.text)},
                 {"seq", preview.seq}};
    if (preview.gap) item["gap"] = true;
    output.push_back(std::move(item));
  }
  Json targets = Json::array();
  for (const Target& target : entry.targets) targets.push_back(to_json(target));
  const Json data = {{"seq", entry.run.seq},
                     {"run", run_state_json(entry.run)},
                     {"targets", targets},
                     {"output", output}};
  return "id: " + std::to_string(entry.run.seq) + "\nevent: batch\ndata: " + dump(data) + "\n\n";
}

}  // namespace om::api
