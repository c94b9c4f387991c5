// SPDX-License-Identifier: MIT
#include "api/output_cursor.h"
#include "api/resources.h"
#include "api/run_json.h"

#include "om/store/journal.h"

namespace om::api {
namespace {

constexpr std::int64_t kMaxTargets = 10'000;
constexpr std::int64_t kPageBytes = 256 << 10;
constexpr std::int64_t kMaxPageBytes = 4 << 20;
constexpr std::int64_t kMaxRawBytes = 64 << 20;

Result<Json> targets(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(const std::int64_t after, call.query_number("after", -1, -1, INT32_MAX));
  OM_TRY_SET(const std::int64_t limit, call.query_number("limit", 1000, 1, kMaxTargets));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET([[maybe_unused]] const Run run, store::find_run(*reader, RunId{id}));
  OM_TRY_SET(
      const std::vector<Target> rows,
      store::list_targets(*reader, RunId{id}, static_cast<int>(after), static_cast<int>(limit)));
  Json list = Json::array();
  for (const Target& target : rows) list.push_back(to_json(target));
  return Json{{"targets", list}};
}

Result<Json> page(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(OutputCursor cursor,
             OutputCursor::parse(call.request.query_value("after").value_or("0")));
  OM_TRY_SET(const std::int64_t limit, call.query_number("limit", kPageBytes, 1, kMaxPageBytes));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const Target target, store::find_target(*reader, RunId{id}, call.args[1]));
  OM_TRY_SET(
      const std::vector<OutputChunk> chunks,
      store::read_output(*reader, RunId{id}, target.index, std::nullopt, cursor.seq(), limit));
  Json list = Json::array();
  for (const OutputChunk& chunk : chunks) {
    list.push_back({{"seq", chunk.seq},
                    {"stream", stream_name(chunk.stream)},
                    {"text", cursor.decode(chunk)},
                    {"bytes", chunk.bytes.size()}});
  }
  Json next = nullptr;
  if (!chunks.empty()) {
    OM_TRY_SET(const std::vector<OutputChunk> more,
               store::read_output(*reader, RunId{id}, target.index, std::nullopt, cursor.seq(), 1));
    if (!more.empty()) next = cursor.text();
  }
  return Json{{"host", target.host}, {"chunks", list}, {"next", next}, {"cursor", cursor.text()}};
}

Result<Response> raw(const Call& call, const std::string& name) {
  if (name != "stdout" && name != "stderr") {
    return fail(Errc::invalid_argument, "request.query", "raw must be stdout or stderr");
  }
  const Stream stream = name == "stdout" ? Stream::out : Stream::err;
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const Target target, store::find_target(*reader, RunId{id}, call.args[1]));
  OM_TRY_SET(const std::vector<OutputChunk> chunks,
             store::read_output(*reader, RunId{id}, target.index, stream, 0, kMaxRawBytes));
  Response response;
  response.content_type = "application/octet-stream";
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"run-" + std::to_string(id) + "-" +
                                    std::to_string(target.index) + "." + name + "\"");
  for (const OutputChunk& chunk : chunks) response.body += chunk.bytes;
  return response;
}

}  // namespace

Response list_targets(const Call& call) { return respond(targets(call)); }

Response get_output(const Call& call) {
  const std::optional<std::string> name = call.request.query_value("raw");
  if (!name) return respond(page(call));
  Result<Response> response = raw(call, *name);
  return response ? std::move(response).value() : error_response(response.error());
}

}  // namespace om::api
