// SPDX-License-Identifier: MIT
//
// SshBackend: the platform `ssh`. Carries a script to each host over an SSH session of its own,
// which is closed politely when the target has finished. Belongs to the reactor's thread; must
// outlive the executions it has started. Hosts behind a jump host are refused as unreachable
// (ssh.jump_unsupported): never reached by another way than the inventory says.
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
}  // namespace om::ssh

namespace om::backend {

class LinkSource;

class SshBackend final : public Backend {
 public:
  /// Requires: all of them outlive it.
  SshBackend(event::Reactor& reactor, event::Resolver& resolver, ssh::Signer& signer,
             ssh::HostKeys& host_keys);
  ~SshBackend() override;

  Platform platform() const override { return Platform::ssh; }
  Fanout fanout() const override { return Fanout::one_target; }
  std::unique_ptr<Execution> start(Batch batch, Sink& sink) override;

 private:
  event::Reactor& reactor_;
  std::unique_ptr<LinkSource> links_;
};

}  // namespace om::backend
