// SPDX-License-Identifier: MIT
//
// Who is calling: the control socket's peer, a bearer token or a session cookie, and, for a session
// that changes something, the proof that our own page sent it. Any worker thread; asks the store.
#pragma once

#include <optional>
#include <string>

#include "om/access/caller.h"
#include "om/api/api.h"
#include "om/api/request.h"
#include "om/base/result.h"

namespace om::api {

/// Nobody when there is nothing to identify by. Fails with unauthorized for a token or session that
/// is none (any more), and with forbidden "access.csrf" for a session's change without the header.
Result<std::optional<access::Caller>> identify(const Services& services, const Request& request);

/// The id in our session cookie, or empty.
std::string session_id(const Services& services, const Request& request);
std::string cookie_name(const Services& services);
access::Origin origin_of(const Request& request, std::string via);

}  // namespace om::api
