// SPDX-License-Identifier: MIT
//
// SshBackend: the platform `ssh`. Carries a job to each host over a session of its pool, where
// sessions stay for a while for the next one; hosts behind jump hosts through the sessions of
// those. Belongs to the reactor's thread; must outlive the executions it has started.
#pragma once

#include <memory>

#include "om/backend/backend.h"

namespace om::event {
class Reactor;
class Resolver;
}  // namespace om::event

namespace om::ssh {
class HostKeys;
class Signer;
struct PoolLimits;
}  // namespace om::ssh

namespace om::backend {

class LinkSource;

class SshBackend final : public Backend {
 public:
  /// Requires: all of them outlive it.
  SshBackend(event::Reactor& reactor, event::Resolver& resolver, ssh::Signer& signer,
             ssh::HostKeys& host_keys, const ssh::PoolLimits& limits);
  ~SshBackend() override;

  Platform platform() const override { return Platform::ssh; }
  Fanout fanout() const override { return Fanout::one_target; }
  std::unique_ptr<Execution> start(Batch batch, Sink& sink) override;

 private:
  event::Reactor& reactor_;
  std::unique_ptr<LinkSource> links_;
};

}  // namespace om::backend
