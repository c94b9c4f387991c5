// SPDX-License-Identifier: MIT
//
// Preparing: one request on its way to being a run, and the steps that every kind of run takes.
// Each kind has one function, in a file of its own, that takes these steps and adds the job. Lives
// on the worker's stack.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "om/run/prepare.h"

namespace om::run {

struct Preparing {
  store::Connection& connection;
  const Request& request;
  const catalogue::Sources& sources;
  const Defaults& defaults;
  std::vector<catalogue::FieldError>& fields;
  Prepared prepared;

  /// Fills in hosts and targets, each on its platform: run > host > `preferred` > auto_platform; a
  /// local host is never overridden.
  Result<void> choose_targets(std::optional<Platform> preferred);
  /// The run's limits; 0: this kind has no opinion.
  void set_limits(int concurrency, std::int64_t timeout_s);
};

Result<void> prepare_module(Preparing& preparing);
Result<void> prepare_check(Preparing& preparing);
Result<void> prepare_copy(Preparing& preparing);

}  // namespace om::run
