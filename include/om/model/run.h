// SPDX-License-Identifier: MIT
//
// A run and its targets, as every way in requests them, the journal keeps them and the API shows
// them. Plain structs; times are wall time in ms, 0 meaning "not yet".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/model/batches.h"
#include "om/model/ids.h"
#include "om/model/outcome.h"

namespace om {

/// One value of the form. A secret's value is never stored: it is empty here once validated.
struct Parameter {
  std::string name;  ///< "sys_param_1"
  std::string value;
  bool secret = false;
};

struct OutcomeCounts {
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  std::array<std::int64_t, kOutcomes.size()> by_outcome{};  ///< indexed by Outcome
};

struct Run {
  RunId id;
  RunKind kind = RunKind::module;
  std::string spec;    ///< what a copy or fetch does, as a JSON object; else empty
  ModuleId module_id;  ///< 0 where the run has no module; then its names are empty
  std::string module_name;
  std::string module_name_en;
  Risk risk = Risk::change;
  std::string user;
  std::string via;       ///< page, api, cli, legacy
  std::string platform;  ///< what the request asked for, or empty
  std::vector<Parameter> parameters;
  RunState state = RunState::waiting;
  std::optional<PausedReason> paused_reason;
  std::optional<Outcome> outcome;
  WallMs created_ms = 0;
  WallMs finished_ms = 0;
  std::int64_t total = 0;
  OutcomeCounts counts;
  std::int64_t seq = 0;            ///< highest event number of the run
  std::optional<Batches> batches;  ///< nothing: all targets are one batch
  int concurrency = 0;
  std::int64_t timeout_s = 0;
  std::string source_path;
  std::string source_sha256;
};

struct Target {
  RunId run_id;
  int index = 0;  ///< place in the request, from 0
  HostId host_id;
  std::string host;     ///< name as it was then
  std::string address;  ///< address as it was then
  std::string login;
  Platform platform = Platform::ssh;
  TargetState state = TargetState::waiting;
  std::optional<Outcome> outcome;
  std::optional<int> exit_code;
  std::string signal;   ///< "KILL", or empty
  std::string reason;   ///< stable key of the error, or empty
  std::string message;  ///< for the operator, or empty
  std::string remedy;   ///< one line to paste into a shell, or empty
  WallMs started_ms = 0;
  WallMs finished_ms = 0;
  std::int64_t stdout_bytes = 0;  ///< kept
  std::int64_t stderr_bytes = 0;
  std::int64_t cut_bytes = 0;    ///< came, but past the kept limit
  std::string last_line;         ///< of the output, decoded, at most 200 bytes
  int batch = 0;                 ///< of the run's batches, from 0
  std::int64_t done_bytes = 0;   ///< of a transfer
  std::int64_t total_bytes = 0;  ///< of a transfer; 0: there is none, or it is not known yet
  std::int64_t seq = 0;          ///< event number of the last change
};

/// One piece of output, as the bytes that came.
struct OutputChunk {
  std::int64_t seq = 0;
  int target_index = 0;
  Stream stream = Stream::out;
  std::string bytes;
};

}  // namespace om
