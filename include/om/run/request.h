// SPDX-License-Identifier: MIT
//
// Request: what every way in (page, API, command line, legacy) asks for when somebody presses Run.
// A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "om/model/batches.h"
#include "om/model/ids.h"
#include "om/model/outcome.h"
#include "om/store/inventory.h"

namespace om::run {

struct Request {
  RunKind kind = RunKind::module;
  std::string spec;  ///< what a copy or fetch does, as a JSON object; else empty
  /// Where a copy's source may lie.
  enum class SourceReach { data_files, any_path } reach = SourceReach::data_files;
  ModuleId module;  ///< 0 for the other kinds
  store::Selection select;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< name ("sys_param_1") and value
  std::optional<Platform>
      platform;         ///< instead of the host's and the module's, but never of a local host's
  int concurrency = 0;  ///< 0: the module's, else the controller's
  std::int64_t timeout_s = 0;      ///< 0: the module's, else the controller's
  std::optional<Batches> batches;  ///< seed and count are made by prepare
  std::string idempotency_key;     ///< the same key of the same user gives the same run
  std::string user;
  std::string via;  ///< page, api, cli, legacy
};

}  // namespace om::run
