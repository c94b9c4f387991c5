// SPDX-License-Identifier: MIT
//
// SshLinks: a link is an SSH session of its own, opened for one request and closed politely when
// the link is given back. Belongs to the reactor's thread; outlives its requests and links.
#pragma once

#include <memory>
#include <unordered_map>

#include "backend/link.h"

#include "om/ssh/session.h"

namespace om::backend {

class SshLinks final : public LinkSource {
 public:
  /// Requires: everything in `services` outlives it.
  explicit SshLinks(const ssh::SessionServices& services);
  ~SshLinks() override;
  std::unique_ptr<Request> acquire(const Host& host, const Deadlines& deadlines,
                                   Answer answer) override;
  std::string login_of(const Host& host) const override;
  Result<Secret> become_password(const Host& host) const override;

 private:
  class Connection;
  class SessionLink;
  class SessionRequest;

  void forget(const Connection& connection);

  const ssh::SessionServices services_;
  /// Also those taking their leave.
  std::unordered_map<const Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace om::backend
