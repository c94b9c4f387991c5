// SPDX-License-Identifier: MIT
//
// The control socket, DATA/control.sock: HTTP as on TCP, but whoever may open it is the local
// administrator. The file is 0600, and the front asks the kernel for the peer's uid besides: ours
// or 0, anybody else is hung up on. Made at start-up, by the process that holds DATA/lock.
#pragma once

#include <string>

#include "om/http/listener.h"

namespace om::http {

/// Replaces a socket that an earlier process left behind; refuses to replace anything else, and a
/// path too long for the kernel (107 bytes).
Result<Listener> listen_control(const std::string& path);

}  // namespace om::http
