// SPDX-License-Identifier: MIT
//
// Places: a backend with a host to reach by it, for tests that every backend has to pass. `local`
// is this machine, `ssh` a real sshd on it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/recording_sink.h"
#include "support/loop.h"

#include "om/backend/backend.h"
#include "om/model/inventory.h"

namespace om::backend {

class Place {
 public:
  virtual ~Place() = default;
  virtual test::Loop& loop() = 0;
  virtual Backend& backend() = 0;
  virtual Host host() = 0;
};

/// Null where this machine cannot offer it; then `why_not` says why.
std::unique_ptr<Place> make_place(const std::string& name, std::string& why_not);
/// The names make_place() knows.
std::vector<std::string> place_names();

/// A batch with one target under way. `batch` gets the place's host.
class Under {
 public:
  Under(Place& place, Batch batch);
  /// False if it does not finish.
  bool until_finished();
  TargetRecord& record() { return sink[0]; }
  const Finished& result() const { return *sink.targets.at(0).finished; }

  Place& place;
  RecordingSink sink;
  std::unique_ptr<Execution> execution;
};

}  // namespace om::backend
