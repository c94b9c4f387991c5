// SPDX-License-Identifier: MIT
//
// SshPlace: an SshBackend with a real sshd to reach by it. The host keys are always right.
#pragma once

#include <memory>
#include <string>

#include "backend/places.h"
#include "peers/sshd_fixture.h"
#include "ssh/rig.h"
#include "support/loop.h"

#include "om/backend/ssh_backend.h"
#include "om/event/resolver.h"
#include "om/keys/key_signer.h"
#include "om/ssh/session_pool.h"

namespace om::backend {

class SshPlace final : public Place {
 public:
  /// Null where no sshd can run. The user who runs the tests may log in.
  static std::unique_ptr<SshPlace> make(const peers::SshdOptions& options, std::string& why_not,
                                        const ssh::PoolLimits& limits = {});

  test::Loop& loop() override { return loop_; }
  Backend& backend() override { return backend_; }
  Host host() override { return host_; }

  peers::Sshd& sshd() { return *sshd_; }
  ssh::ScriptedHostKeys& host_keys() { return host_keys_; }
  /// The host from now on: what inventory would say.
  Host& inventory() { return host_; }
  keys::KeySigner& signer() { return signer_; }
  const std::string& public_key() const { return public_key_; }

 private:
  SshPlace(std::unique_ptr<peers::Sshd> sshd, const ssh::PoolLimits& limits);

  test::Loop loop_;
  std::unique_ptr<peers::Sshd> sshd_;
  std::unique_ptr<event::Resolver> resolver_;
  keys::KeySigner signer_;
  ssh::ScriptedHostKeys host_keys_;
  std::string public_key_;
  Host host_;
  SshBackend backend_;
};

}  // namespace om::backend
