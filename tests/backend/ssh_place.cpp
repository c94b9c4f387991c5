// SPDX-License-Identifier: MIT
//
// The key pair and the host that go with a test's sshd.
#include "backend/ssh_place.h"

#include "om/keys/private_key.h"

namespace om::backend {

std::unique_ptr<SshPlace> SshPlace::make(const peers::SshdOptions& options, std::string& why_not,
                                         const ssh::PoolLimits& limits) {
  auto started = peers::Sshd::start(options);
  why_not = started.why_not;
  if (!started.server) return nullptr;
  return std::unique_ptr<SshPlace>(new SshPlace(std::move(started.server), limits));
}

SshPlace::SshPlace(std::unique_ptr<peers::Sshd> sshd, const ssh::PoolLimits& limits)
    : sshd_(std::move(sshd)),
      resolver_(event::Resolver::create(loop_.reactor()).value()),
      backend_(loop_.reactor(), *resolver_, signer_, host_keys_, limits) {
  const peers::KeyPair pair = sshd_->authorized_key({});
  signer_.set("test",
              keys::PrivateKey::parse(peers::read_file(pair.private_path), Secret()).value());
  public_key_ = pair.public_line;
  host_.name = "there";
  host_.address = "127.0.0.1";
  host_.port = sshd_->port();
  host_.login = sshd_->login();
}

}  // namespace om::backend
