// SPDX-License-Identifier: MIT
//
// The writing half of the journal.

#include "store/batches_text.h"
#include "store/journal_rows.h"
#include "store/transaction.h"

#include "om/store/journal.h"

namespace om::store {
namespace {

template <class E>
std::optional<std::string_view> name_or_null(std::optional<E> value, std::string_view (*name)(E)) {
  if (!value) return std::nullopt;
  return name(*value);
}

std::int64_t count_of(const OutcomeCounts& counts, Outcome outcome) {
  return counts.by_outcome[static_cast<std::size_t>(outcome)];
}

Result<std::optional<RunId>> find_by_key(Connection& connection, const NewRun& request) {
  std::optional<RunId> found;
  if (request.idempotency_key.empty()) return found;
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id FROM run WHERE user = ?1 AND idempotency_key = ?2",
                              request.run.user, request.idempotency_key));
  OM_TRY_SET(const bool row, rows.step());
  if (row) found = RunId{rows.integer(0)};
  return found;
}

Result<RunId> insert_run_row(Connection& connection, const NewRun& request) {
  const Run& run = request.run;
  const auto total = std::ssize(request.targets);
  std::optional<std::string_view> key;
  if (!request.idempotency_key.empty()) key = request.idempotency_key;
  OM_TRY(connection.execute(
      "INSERT INTO run (module_number, module_name, module_name_en, risk, user, via, platform, "
      "state,"
      " created_ms, finished_ms, total, waiting, running, ok, failed, unreachable, timed_out, "
      "cancelled,"
      " lost, skipped, interrupted, seq, concurrency, timeout_s, source_path, source_sha256,"
      " idempotency_key, kind, spec, batches) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, "
      "0, ?9, ?9,"
      " 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
      run.module_id, run.module_name, run.module_name_en, risk_name(run.risk), run.user, run.via,
      run.platform, run.created_ms, total, run.concurrency, run.timeout_s, run.source_path,
      run.source_sha256, key, run_kind_name(run.kind), run.spec, batches_text(run.batches)));
  return RunId{connection.last_insert_id()};
}

Result<void> insert_parameters(Connection& connection, RunId id,
                               const std::vector<Parameter>& parameters) {
  int position = 0;
  for (const Parameter& parameter : parameters) {
    OM_TRY(connection.execute(
        "INSERT INTO run_parameter (run_id, position, name, value, secret) VALUES (?, ?, ?, ?, ?)",
        id, position++, parameter.name, parameter.secret ? std::string_view() : parameter.value,
        parameter.secret));
  }
  return {};
}

Result<void> insert_targets(Connection& connection, RunId id, const std::vector<Target>& targets) {
  int position = 0;
  for (const Target& target : targets) {
    OM_TRY(connection.execute(
        "INSERT INTO target (run_id, position, host_id, host, address, login, platform, state, "
        "signal,"
        " reason, message, started_ms, finished_ms, stdout_bytes, stderr_bytes, cut_bytes, "
        "last_line, seq, batch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', '', '', '', 0, 0, 0, 0, 0, '', 0, ?)",
        id, position++, target.host_id, target.host, target.address, target.login,
        platform_name(target.platform), target.batch));
  }
  return {};
}

Result<void> append_chunk(Connection& connection, RunId id, const OutputChunk& chunk) {
  return connection.execute(
      "INSERT INTO output (id, run_id, position, stream, bytes) VALUES (?, ?, ?, ?, ?)",
      output_id(id, chunk.seq), id, chunk.target_index, static_cast<int>(chunk.stream),
      Blob{chunk.bytes});
}

// A host that has gone meanwhile has no last outcome; of two runs the one that ended later counts.
Result<void> remember_last(Connection& connection, RunId id, HostId host, Outcome outcome,
                           WallMs at_ms) {
  return connection.execute(
      "INSERT INTO host_last (host_id, run_id, outcome, at_ms)"
      " SELECT id, ?2, ?3, ?4 FROM host WHERE id = ?1"
      " ON CONFLICT (host_id) DO UPDATE SET run_id = excluded.run_id, outcome = excluded.outcome,"
      " at_ms = excluded.at_ms WHERE excluded.at_ms >= at_ms",
      host, id, outcome_name(outcome), at_ms);
}

Result<void> replace_target(Connection& connection, RunId id, const Target& target) {
  OM_TRY(connection.execute(
      "UPDATE target SET login = ?3, platform = ?4, state = ?5, outcome = ?6, exit_code = ?7, "
      "signal = ?8,"
      " reason = ?9, message = ?10, started_ms = ?11, finished_ms = ?12, stdout_bytes = ?13,"
      " stderr_bytes = ?14, cut_bytes = ?15, last_line = ?16, seq = ?17,"
      " done_bytes = ?18, total_bytes = ?19, remedy = ?20"
      " WHERE run_id = ?1 AND position = ?2",
      id, target.index, target.login, platform_name(target.platform),
      target_state_name(target.state), name_or_null(target.outcome, outcome_name), target.exit_code,
      target.signal, target.reason, target.message, target.started_ms, target.finished_ms,
      target.stdout_bytes, target.stderr_bytes, target.cut_bytes, target.last_line, target.seq,
      target.done_bytes, target.total_bytes, target.remedy));
  if (connection.changes() == 0)
    return fail(
        Errc::not_found, "store.no_target",
        "run " + std::to_string(id.value) + " has no target " + std::to_string(target.index));
  if (target.state != TargetState::finished || !target.outcome) return {};
  return remember_last(connection, id, target.host_id, *target.outcome, target.finished_ms);
}

Result<void> update_run(Connection& connection, RunId id, const Run& run) {
  const OutcomeCounts& counts = run.counts;
  OM_CHECK(run.seq <= kMaxSeq);
  OM_TRY(connection.execute(
      "UPDATE run SET state = ?2, outcome = ?3, finished_ms = ?4, seq = ?5, waiting = ?6, running "
      "= ?7,"
      " ok = ?8, failed = ?9, unreachable = ?10, timed_out = ?11, cancelled = ?12, lost = ?13,"
      " skipped = ?14, interrupted = ?15, batches = ?16, paused_reason = ?17 WHERE id = ?1",
      id, run_state_name(run.state), name_or_null(run.outcome, outcome_name), run.finished_ms,
      run.seq, counts.waiting, counts.running, count_of(counts, Outcome::ok),
      count_of(counts, Outcome::failed), count_of(counts, Outcome::unreachable),
      count_of(counts, Outcome::timed_out), count_of(counts, Outcome::cancelled),
      count_of(counts, Outcome::lost), count_of(counts, Outcome::skipped),
      count_of(counts, Outcome::interrupted), batches_text(run.batches),
      run.paused_reason ? paused_reason_name(*run.paused_reason) : std::string_view()));
  if (connection.changes() == 0)
    return fail(Errc::not_found, "store.no_run", "there is no run " + std::to_string(id.value));
  return {};
}

struct Unfinished {
  int position = 0;
  HostId host_id;
};

Result<void> interrupt_run(Connection& connection, RunId id, WallMs now) {
  OM_TRY_SET(std::int64_t seq, connection.query_integer("SELECT seq FROM run WHERE id = ?", id));
  std::vector<Unfinished> unfinished;
  {
    OM_TRY_SET(Statement rows,
               connection.query("SELECT position, host_id FROM target"
                                " WHERE run_id = ? AND state <> 'finished' ORDER BY position",
                                id));
    OM_TRY(rows.each([&](const Statement& row) {
      unfinished.push_back({static_cast<int>(row.integer(0)), HostId{row.integer(1)}});
    }));
  }
  for (const Unfinished& target : unfinished) {
    OM_TRY(connection.execute(
        "UPDATE target SET state = 'finished', outcome = 'interrupted', finished_ms = ?3, seq = ?4,"
        " reason = iif(started_ms > 0, 'run.interrupted', 'run.interrupted_before_start'),"
        " message = iif(started_ms > 0,"
        "  'the controller was stopped while this was running: look on the host how far it came',"
        "  'the controller was stopped before this started: run it again'),"
        // The row counts bytes only at its end, which this is.
        " stdout_bytes = (SELECT ifnull(sum(length(bytes)), 0) FROM output"
        "  WHERE run_id = ?1 AND position = ?2 AND stream = 1),"
        " stderr_bytes = (SELECT ifnull(sum(length(bytes)), 0) FROM output"
        "  WHERE run_id = ?1 AND position = ?2 AND stream = 2)"
        " WHERE run_id = ?1 AND position = ?2",
        id, target.position, now, ++seq));
    OM_TRY(remember_last(connection, id, target.host_id, Outcome::interrupted, now));
  }
  return connection.execute(
      "UPDATE run SET state = 'finished', outcome = 'interrupted', finished_ms = ?2, seq = ?3,"
      " paused_reason = '',"
      " waiting = 0, running = 0, interrupted = interrupted + ?4 WHERE id = ?1",
      id, now, seq, std::ssize(unfinished));
}

}  // namespace

Result<InsertedRun> insert_run(Transaction& transaction, const NewRun& request) {
  Connection& connection = transaction.connection();
  OM_TRY_SET(const auto known, find_by_key(connection, request));
  if (known) return InsertedRun{*known, true};
  if (!request.run.source_sha256.empty())
    OM_TRY(connection.execute("INSERT OR IGNORE INTO source (sha256, bytes) VALUES (?, ?)",
                              request.run.source_sha256, Blob{request.source_bytes}));
  OM_TRY_SET(const RunId id, insert_run_row(connection, request));
  OM_TRY(insert_parameters(connection, id, request.run.parameters));
  OM_TRY(insert_targets(connection, id, request.targets));
  return InsertedRun{id, false};
}

Result<void> append_journal(Transaction& transaction, const JournalEntry& entry) {
  Connection& connection = transaction.connection();
  for (const OutputChunk& chunk : entry.output)
    OM_TRY(append_chunk(connection, entry.run_id, chunk));
  for (const Target& target : entry.targets)
    OM_TRY(replace_target(connection, entry.run_id, target));
  return update_run(connection, entry.run_id, entry.run);
}

Result<std::vector<RunId>> mark_interrupted(Transaction& transaction, WallMs now) {
  Connection& connection = transaction.connection();
  std::vector<RunId> runs;
  {
    OM_TRY_SET(Statement rows,
               connection.query("SELECT id FROM run WHERE state <> 'finished' ORDER BY id"));
    OM_TRY(rows.each([&](const Statement& row) { runs.push_back(RunId{row.integer(0)}); }));
  }
  for (const RunId id : runs) OM_TRY(interrupt_run(connection, id, now));
  return runs;
}

}  // namespace om::store
