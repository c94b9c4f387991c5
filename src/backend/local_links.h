// SPDX-License-Identifier: MIT
//
// LocalLinks: links to this machine itself; every command is a child process with a clean
// environment, in this user's home. Nothing is connected, so that acquire() always answers with a
// link. Belongs to the reactor's thread; outlives its links.
#pragma once

#include <memory>

#include "backend/link.h"

#include "om/event/reactor.h"

namespace om::ssh {
class Signer;
}

namespace om::backend {

class LocalLinks final : public LinkSource {
 public:
  LocalLinks(event::Reactor& reactor, ssh::Signer& signer) : reactor_(reactor), signer_(signer) {}
  std::unique_ptr<Request> acquire(const LinkTarget& where, const Deadlines& deadlines,
                                   Answer answer) override;
  std::string login_of(const Host& host) const override;
  Result<Secret> become_password(const Host& host) const override;

 private:
  event::Reactor& reactor_;
  ssh::Signer& signer_;
};

}  // namespace om::backend
