// SPDX-License-Identifier: MIT
//
// BatchExecution: the targets of one batch, each on its own. Owned by the Coordinator; belongs to
// the reactor's thread.
#pragma once

#include <memory>
#include <unordered_map>

#include "backend/target_run.h"

#include "om/backend/backend.h"

namespace om::backend {

class BatchExecution final : public Execution {
 public:
  /// Requires: reactor, source and sink outlive it.
  BatchExecution(event::Reactor& reactor, LinkSource& source, Batch batch, Sink& sink);
  void cancel(int target_index) override;
  void set_reading(int target_index, bool reading) override;

 private:
  std::unordered_map<int, std::unique_ptr<TargetRun>> targets_;
};

}  // namespace om::backend
