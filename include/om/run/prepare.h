// SPDX-License-Identifier: MIT
//
// prepare: turns a request into everything a run needs, or says by field why not. Reads the store
// and the catalogue, starts nothing: the preview is this and no more. Any thread but a reactor's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "om/base/result.h"
#include "om/catalogue/sources.h"
#include "om/catalogue/validate.h"
#include "om/run/coordinator.h"
#include "om/run/request.h"
#include "om/store/store.h"

namespace om::event {
class DiskThreads;
}

namespace om::run {

/// What the controller decides where neither run, host nor module does.
struct Defaults {
  Platform auto_platform = Platform::ssh;
  std::set<Platform> available;  ///< platforms with a backend
  int concurrency = 128;
  std::int64_t timeout_s = 300;
  std::string data_folder;             ///< whose files/ a module may deliver
  event::DiskThreads* disk = nullptr;  ///< reads files for the hosts; outlives every run
};

inline constexpr std::size_t kMaxTargets = 20'000;
/// How long a ready check may take to become somebody and run nothing, unless the request says.
inline constexpr std::int64_t kCheckTimeoutS = 30;
/// How long a copy or fetch, and then its command, may take at a target, unless the request says.
inline constexpr std::int64_t kTransferTimeoutS = 3600;
/// Of a copy's command.
inline constexpr std::size_t kMaxCommandBytes = 64 * 1024;

struct Prepared {
  std::vector<Host> hosts;  ///< by target index
  JumpHosts jump_hosts;
  std::vector<Target> targets;
  backend::Job job;          ///< with the secrets
  std::string source_bytes;  ///< what run.source_sha256 is of, or empty
  Run run;                   ///< what will be stored: no id yet, secrets blanked

  /// What the Coordinator starts, once the run has been stored under `id`.
  ReadyRun ready(RunId id) &&;
};

class Preparation {
 public:
  /// Requires: sources outlives it.
  Preparation(const catalogue::Sources& sources, Defaults defaults)
      : sources_(sources), defaults_(std::move(defaults)) {}

  /// Fails with what is wrong; when that is the form ("form.refused"), `fields` names each field.
  Result<Prepared> prepare(store::Connection& connection, const Request& request, WallMs now,
                           std::vector<catalogue::FieldError>& fields) const;
  const Defaults& defaults() const { return defaults_; }

 private:
  const catalogue::Sources& sources_;
  Defaults defaults_;
};

}  // namespace om::run
