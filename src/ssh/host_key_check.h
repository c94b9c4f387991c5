// SPDX-License-Identifier: MIT
//
// What a session asks of a server's host key: the types it offers to accept, and what a verdict
// means for the operator. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/ssh/host_keys.h"

namespace om::ssh {

/// The algorithms for the handshake, best first: those of the types on file come first, because a
/// key of another type would be taken for a changed one. Their own order is the usual one, as in
/// ssh, so that a host with two keys on file shows the same one to both.
std::string host_key_preference(const std::vector<std::string>& known_types);
/// The key type named in a wire-form blob; empty when it is malformed.
std::string key_type_of(std::string_view blob);
/// Nothing when the session may go on.
Result<void> judge(const HostKey& key, const HostKeyAnswer& answer);

}  // namespace om::ssh
