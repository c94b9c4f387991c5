// SPDX-License-Identifier: MIT
#include "om/backend/ssh_backend.h"

#include <utility>

#include "backend/batch_execution.h"
#include "backend/ssh_links.h"

namespace om::backend {

SshBackend::SshBackend(event::Reactor& reactor, event::Resolver& resolver, ssh::Signer& signer,
                       ssh::HostKeys& host_keys, const ssh::PoolLimits& limits)
    : reactor_(reactor),
      links_(std::make_unique<SshLinks>(ssh::SessionServices{reactor, resolver, host_keys, signer},
                                        limits)) {}

SshBackend::~SshBackend() = default;

std::unique_ptr<Execution> SshBackend::start(Batch batch, Sink& sink) {
  return std::make_unique<BatchExecution>(reactor_, *links_, std::move(batch), sink);
}

}  // namespace om::backend
