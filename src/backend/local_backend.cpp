// SPDX-License-Identifier: MIT
#include "om/backend/local_backend.h"

#include <utility>

#include "backend/batch_execution.h"
#include "backend/local_links.h"

namespace om::backend {

LocalBackend::LocalBackend(event::Reactor& reactor, ssh::Signer& signer)
    : reactor_(reactor), links_(std::make_unique<LocalLinks>(reactor, signer)) {}

LocalBackend::~LocalBackend() = default;

std::unique_ptr<Execution> LocalBackend::start(Batch batch, Sink& sink) {
  return std::make_unique<BatchExecution>(reactor_, *links_, std::move(batch), sink);
}

}  // namespace om::backend
