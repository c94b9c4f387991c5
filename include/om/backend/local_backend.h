// SPDX-License-Identifier: MIT
//
// LocalBackend: the platform `local`. Carries a script to this machine itself, through the same
// carrier as to any host, by /bin/sh as a child process (behind sudo, su or doas for a become).
// Belongs to the reactor's thread; must outlive the executions it has started.
#pragma once

#include <memory>

#include "om/backend/backend.h"

namespace om::event {
class Reactor;
}

namespace om::ssh {
class Signer;
}

namespace om::backend {

class LinkSource;

class LocalBackend final : public Backend {
 public:
  /// The signer knows the passwords to become others with. Requires: both outlive it.
  LocalBackend(event::Reactor& reactor, ssh::Signer& signer);
  ~LocalBackend() override;

  Platform platform() const override { return Platform::local; }
  Fanout fanout() const override { return Fanout::one_target; }
  std::unique_ptr<Execution> start(Batch batch, Sink& sink) override;

 private:
  event::Reactor& reactor_;
  std::unique_ptr<LinkSource> links_;
};

}  // namespace om::backend
