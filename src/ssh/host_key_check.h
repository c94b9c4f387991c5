// SPDX-License-Identifier: MIT
//
// What a verdict on a server's host key means for the operator. Pure.
#pragma once

#include <string>
#include <string_view>

#include "om/base/result.h"
#include "om/ssh/host_keys.h"

namespace om::ssh {

/// The key type named in a wire-form blob; empty when it is malformed.
std::string key_type_of(std::string_view blob);
/// Nothing when the session may go on.
Result<void> judge(const HostKey& key, const HostKeyAnswer& answer);

}  // namespace om::ssh
