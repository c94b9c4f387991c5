// SPDX-License-Identifier: MIT
//
// The journal: runs, their targets, the sources they ran and the output that came. One counter
// `seq` per run numbers every change and chunk, so that "what is new since N" is one query. Tables
// run, target, output, source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "om/base/result.h"
#include "om/model/run.h"
#include "om/store/store.h"

namespace om::store {

struct NewRun {
  Run run;  ///< id, state and counts are filled in by insert_run
  std::vector<Target> targets;
  std::string idempotency_key;  ///< unique per user where not empty
  std::string source_bytes;     ///< kept once per sha256
};
struct InsertedRun {
  RunId id;
  bool already_there = false;  ///< the same user sent the same key before: that run
};
Result<InsertedRun> insert_run(Transaction& transaction, const NewRun& run);

/// What happened in one run since the last append. Rows replace the older state of the same target.
struct JournalEntry {
  RunId run_id;
  std::vector<OutputChunk> output;
  std::vector<Target> targets;  ///< those that changed
  Run run;                      ///< state, outcome, counts, seq, finished_ms are taken
};
Result<void> append_journal(Transaction& transaction, const JournalEntry& entry);

Result<Run> find_run(Connection& connection, RunId id);
/// Newest first; `before` empty: from the newest.
Result<std::vector<Run>> list_runs(Connection& connection, std::optional<RunId> before, int limit);
/// In request order, those with an index above `after_index` (-1: from the first).
Result<std::vector<Target>> list_targets(Connection& connection, RunId id, int after_index,
                                         int limit);
Result<std::vector<Target>> targets_changed_since(Connection& connection, RunId id,
                                                  std::int64_t after_seq);
Result<Target> find_target(Connection& connection, RunId id, const std::string& host);
/// Chunks above `after_seq` in order, of one target or (no index) all, at most `max_bytes` (at
/// least one chunk).
Result<std::vector<OutputChunk>> read_output(Connection& connection, RunId id,
                                             std::optional<int> target_index,
                                             std::optional<Stream> stream, std::int64_t after_seq,
                                             std::int64_t max_bytes);
/// Of each stream of each target the last `bytes_each` bytes above `after_seq`, cut to that, in
/// order of seq. Costs by what it returns, not by what there is. Requires: a snapshot or a
/// finished run, else targets may be from different moments.
Result<std::vector<OutputChunk>> read_output_ends(Connection& connection, RunId id,
                                                  std::int64_t after_seq, std::int64_t bytes_each);
Result<std::string> find_source(Connection& connection, const std::string& sha256_hex);

/// At start: every run that was not finished becomes finished/interrupted, its unfinished targets
/// interrupted (waiting ones too), each with a new seq. Returns the runs touched.
Result<std::vector<RunId>> mark_interrupted(Transaction& transaction, WallMs now);

}  // namespace om::store
