// SPDX-License-Identifier: MIT
//
// Which stored password a host's user types to become another one. Reactor's thread, like the
// signer.
#pragma once

#include "om/base/result.h"
#include "om/base/secret.h"
#include "om/model/inventory.h"

namespace om::ssh {
class Signer;
}

namespace om::backend {

/// The host's become credential; without one, for sudo and doas, which want the login user's own
/// password, the credential of the login where that is a password. The error says what to set.
Result<Secret> become_password(ssh::Signer& signer, const Host& host);

}  // namespace om::backend
