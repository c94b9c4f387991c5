// SPDX-License-Identifier: MIT
//
// The reading half of the journal. The columns of a run and of a target are spelt once, in the two
// macros: a statement's text has to be one literal.

#include <algorithm>
#include <utility>

#include "store/batches_text.h"
#include "store/connection.h"
#include "store/journal_rows.h"

#include "om/store/journal.h"

#define OM_RUN_COLUMNS                                                                            \
  "id, module_number, module_name, module_name_en, risk, user, via, platform, state, outcome,"    \
  " created_ms, finished_ms, total, seq, concurrency, timeout_s, source_path, source_sha256,"     \
  " waiting, running, ok, failed, unreachable, timed_out, cancelled, lost, skipped, interrupted," \
  " kind, spec, batches, paused_reason"
#define OM_TARGET_COLUMNS                                                                         \
  "run_id, position, host_id, host, address, login, platform, state, outcome, exit_code, signal," \
  " reason, message, started_ms, finished_ms, stdout_bytes, stderr_bytes, cut_bytes, last_line, " \
  "seq, batch, done_bytes, total_bytes, remedy"

namespace om::store {
namespace {

constexpr int kFirstOutcomeColumn = 20;
constexpr int kKindColumn = kFirstOutcomeColumn + static_cast<int>(kOutcomes.size());

Error no_run(RunId id) {
  return fail(Errc::not_found, "store.no_run", "there is no run " + std::to_string(id.value));
}

Run run_from(const Statement& row) {
  Run run;
  run.id = {row.integer(0)};
  run.module_id = {row.integer(1)};
  run.module_name = row.text(2);
  run.module_name_en = row.text(3);
  run.risk = risk_from_name(row.text(4)).value_or(Risk::danger);
  run.user = row.text(5);
  run.via = row.text(6);
  run.platform = row.text(7);
  run.state = run_state_from_name(row.text(8)).value_or(RunState::finished);
  run.outcome = outcome_from_name(row.text(9));  // NULL is empty text, which is no outcome
  run.created_ms = row.integer(10);
  run.finished_ms = row.integer(11);
  run.total = row.integer(12);
  run.seq = row.integer(13);
  run.concurrency = static_cast<int>(row.integer(14));
  run.timeout_s = row.integer(15);
  run.source_path = row.text(16);
  run.source_sha256 = row.text(17);
  run.counts.waiting = row.integer(18);
  run.counts.running = row.integer(19);
  for (const Outcome outcome : kOutcomes) {
    const auto place = static_cast<int>(outcome);
    run.counts.by_outcome[static_cast<std::size_t>(place)] =
        row.integer(kFirstOutcomeColumn + place);
  }
  run.kind = run_kind_from_name(row.text(kKindColumn)).value_or(RunKind::module);
  run.spec = row.text(kKindColumn + 1);
  run.batches = batches_from_text(row.text(kKindColumn + 2));
  run.paused_reason = paused_reason_from_name(row.text(kKindColumn + 3));
  return run;
}

Target target_from(const Statement& row) {
  Target target;
  target.run_id = {row.integer(0)};
  target.index = static_cast<int>(row.integer(1));
  target.host_id = {row.integer(2)};
  target.host = row.text(3);
  target.address = row.text(4);
  target.login = row.text(5);
  target.platform = platform_from_name(row.text(6)).value_or(Platform::ssh);
  target.state = target_state_from_name(row.text(7)).value_or(TargetState::finished);
  target.outcome = outcome_from_name(row.text(8));
  if (!row.is_null(9)) target.exit_code = static_cast<int>(row.integer(9));
  target.signal = row.text(10);
  target.reason = row.text(11);
  target.message = row.text(12);
  target.started_ms = row.integer(13);
  target.finished_ms = row.integer(14);
  target.stdout_bytes = row.integer(15);
  target.stderr_bytes = row.integer(16);
  target.cut_bytes = row.integer(17);
  target.last_line = row.text(18);
  target.seq = row.integer(19);
  target.batch = static_cast<int>(row.integer(20));
  target.done_bytes = row.integer(21);
  target.total_bytes = row.integer(22);
  target.remedy = row.text(23);
  return target;
}

OutputChunk chunk_from(const Statement& row) {
  return {seq_of(row.integer(0)), static_cast<int>(row.integer(1)),
          row.integer(2) == static_cast<int>(Stream::err) ? Stream::err : Stream::out, row.text(3)};
}

Result<void> read_parameters(Connection& connection, Run& run) {
  OM_TRY_SET(Statement rows, connection.query("SELECT name, value, secret FROM run_parameter"
                                              " WHERE run_id = ? ORDER BY position",
                                              run.id));
  return rows.each([&](const Statement& row) {
    run.parameters.push_back({row.text(0), row.text(1), row.integer(2) != 0});
  });
}

Result<std::vector<Target>> targets_from(Result<Statement> rows) {
  if (!rows) return std::move(rows).error();
  std::vector<Target> targets;
  OM_TRY(rows->each([&](const Statement& row) { targets.push_back(target_from(row)); }));
  return targets;
}

}  // namespace

Result<Run> find_run(Connection& connection, RunId id) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  OM_TRY_SET(Statement rows,
             connection.query("SELECT " OM_RUN_COLUMNS " FROM run WHERE id = ?", id));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return no_run(id);
  Run run = run_from(rows);
  OM_TRY(read_parameters(connection, run));
  return run;
}

Result<std::vector<Run>> list_runs(Connection& connection, std::optional<RunId> before, int limit) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  OM_TRY_SET(Statement rows,
             connection.query("SELECT " OM_RUN_COLUMNS
                              " FROM run WHERE id < ifnull(?1, 1 << 62) ORDER BY id DESC LIMIT ?2",
                              before, limit));
  std::vector<Run> runs;
  OM_TRY(rows.each([&](const Statement& row) { runs.push_back(run_from(row)); }));
  for (Run& run : runs) OM_TRY(read_parameters(connection, run));
  return runs;
}

Result<std::vector<Target>> list_targets(Connection& connection, RunId id, int after_index,
                                         int limit) {
  return targets_from(connection.query(
      "SELECT " OM_TARGET_COLUMNS
      " FROM target WHERE run_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
      id, after_index, limit));
}

Result<std::vector<Target>> targets_changed_since(Connection& connection, RunId id,
                                                  std::int64_t after_seq) {
  return targets_from(connection.query("SELECT " OM_TARGET_COLUMNS
                                       " FROM target WHERE run_id = ?1 AND seq > ?2 ORDER BY seq",
                                       id, after_seq));
}

Result<Target> find_target(Connection& connection, RunId id, const std::string& host) {
  OM_TRY_SET(
      auto targets,
      targets_from(connection.query(
          "SELECT " OM_TARGET_COLUMNS " FROM target WHERE run_id = ?1 AND host = ?2", id, host)));
  if (targets.empty())
    return fail(Errc::not_found, "store.no_target",
                "run " + std::to_string(id.value) + " has no target " + host);
  return std::move(targets.front());
}

Result<std::vector<OutputChunk>> read_output(Connection& connection, RunId id,
                                             std::optional<int> target_index,
                                             std::optional<Stream> stream, std::int64_t after_seq,
                                             std::int64_t max_bytes) {
  std::optional<int> stream_number;
  if (stream) stream_number = static_cast<int>(*stream);
  // Both may come from a client's URL.
  if (id.value < 0 || id.value > kMaxRun) return std::vector<OutputChunk>();
  const std::int64_t after = output_id(id, std::clamp<std::int64_t>(after_seq, 0, kMaxSeq));
  const std::int64_t last = output_id(id, kMaxSeq);
  // Two texts, so that each has the index that serves it.
  OM_TRY_SET(Statement rows,
             target_index
                 ? connection.query("SELECT id, position, stream, bytes FROM output"
                                    " WHERE run_id = ?1 AND position = ?2 AND id > ?3 AND id <= ?4"
                                    " AND (?5 IS NULL OR stream = ?5) ORDER BY id",
                                    id, *target_index, after, last, stream_number)
                 : connection.query("SELECT id, position, stream, bytes FROM output"
                                    " WHERE id > ?1 AND id <= ?2"
                                    " AND (?3 IS NULL OR stream = ?3) ORDER BY id",
                                    after, last, stream_number));
  std::vector<OutputChunk> chunks;
  std::int64_t bytes = 0;
  while (chunks.empty() || bytes < max_bytes) {
    OM_TRY_SET(const bool row, rows.step());
    if (!row) break;
    OutputChunk chunk = chunk_from(rows);
    bytes += std::ssize(chunk.bytes);
    if (!chunks.empty() && bytes > max_bytes) break;
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

Result<std::vector<OutputChunk>> read_output_ends(Connection& connection, RunId id,
                                                  std::int64_t after_seq, std::int64_t bytes_each) {
  std::vector<OutputChunk> chunks;
  if (id.value < 0 || id.value > kMaxRun) return chunks;
  const std::int64_t after = output_id(id, std::clamp<std::int64_t>(after_seq, 0, kMaxSeq));
  const std::int64_t last = output_id(id, kMaxSeq);
  std::vector<std::pair<int, int>> places;
  {
    OM_TRY_SET(Statement rows, connection.query("SELECT DISTINCT position, stream FROM output"
                                                " WHERE id > ?1 AND id <= ?2",
                                                after, last));
    OM_TRY(rows.each([&](const Statement& row) {
      places.emplace_back(static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)));
    }));
  }
  for (const auto& [position, stream] : places) {
    // The substr keeps a long chunk out of memory.
    OM_TRY_SET(Statement rows,
               connection.query("SELECT id, position, stream, substr(bytes, -?6) FROM output"
                                " WHERE run_id = ?1 AND position = ?2 AND stream = ?3"
                                " AND id > ?4 AND id <= ?5 ORDER BY id DESC",
                                id, position, stream, after, last, bytes_each));
    for (std::int64_t left = bytes_each; left > 0;) {
      OM_TRY_SET(const bool row, rows.step());
      if (!row) break;
      OutputChunk chunk = chunk_from(rows);
      const std::int64_t excess = std::ssize(chunk.bytes) - left;
      if (excess > 0) chunk.bytes.erase(0, static_cast<std::size_t>(excess));
      left -= std::ssize(chunk.bytes);
      chunks.push_back(std::move(chunk));
    }
  }
  std::sort(chunks.begin(), chunks.end(),
            [](const OutputChunk& a, const OutputChunk& b) { return a.seq < b.seq; });
  return chunks;
}

Result<std::string> find_source(Connection& connection, const std::string& sha256_hex) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT bytes FROM source WHERE sha256 = ?", sha256_hex));
  OM_TRY_SET(const bool row, rows.step());
  if (!row)
    return fail(Errc::not_found, "store.no_source", "no source is kept with sha256 " + sha256_hex);
  return rows.text(0);
}

}  // namespace om::store
