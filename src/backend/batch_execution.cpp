// SPDX-License-Identifier: MIT
#include "backend/batch_execution.h"

#include <utility>

namespace om::backend {

BatchExecution::BatchExecution(event::Reactor& reactor, LinkSource& source, Batch batch,
                               Sink& sink) {
  const auto shared = std::make_shared<const Batch>(std::move(batch));
  for (const BatchTarget& target : shared->targets) {
    targets_.emplace(target.index,
                     std::make_unique<TargetRun>(reactor, source, shared, target, sink));
  }
}

void BatchExecution::cancel(int target_index) {
  const auto found = targets_.find(target_index);
  if (found != targets_.end()) found->second->cancel();
}

void BatchExecution::set_reading(int target_index, bool reading) {
  const auto found = targets_.find(target_index);
  if (found != targets_.end()) found->second->set_reading(reading);
}

}  // namespace om::backend
