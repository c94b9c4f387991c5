// SPDX-License-Identifier: MIT
#include "backend/become_password.h"

#include <fmt/core.h>

#include "om/ssh/signer.h"

namespace om::backend {
namespace {

std::string without_one(const Host& host) {
  switch (host.become_method) {
    case BecomeMethod::sudo:
      return "allow it without one by NOPASSWD in sudoers";
    case BecomeMethod::doas:
      return "allow it without one by nopass in doas.conf";
    case BecomeMethod::su:
      return "log in as " + host.become;
  }
  return {};
}

}  // namespace

Result<Secret> become_password(ssh::Signer& signer, const Host& host) {
  if (!host.become_credential.empty()) return signer.password(host.become_credential);
  if (host.become_method != BecomeMethod::su && !host.credential.empty()) {
    Result<Secret> own = signer.password(host.credential);
    if (own) return own;
  }
  return fail(Errc::not_found, "backend.become_password",
              fmt::format("store it (omserver credential add NAME --password-stdin) and name it as "
                          "the host's become password, or {}",
                          without_one(host)));
}

}  // namespace om::backend
