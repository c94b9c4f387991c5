// SPDX-License-Identifier: MIT
//
// SshLinks: a link is the use of an SSH session of the pool, which keeps it for others when the
// link is given back. Belongs to the reactor's thread; outlives its requests and links.
#pragma once

#include <memory>

#include "backend/link.h"

#include "om/ssh/session.h"
#include "om/ssh/session_pool.h"

namespace om::backend {

class SshLinks final : public LinkSource {
 public:
  /// Requires: everything in `services` outlives it.
  SshLinks(const ssh::SessionServices& services, const ssh::PoolLimits& limits);
  std::unique_ptr<Request> acquire(const LinkTarget& where, const Deadlines& deadlines,
                                   Answer answer) override;
  std::string login_of(const Host& host) const override;
  Result<Secret> become_password(const Host& host) const override;

 private:
  ssh::Signer& signer_;
  ssh::SessionPool pool_;
};

}  // namespace om::backend
