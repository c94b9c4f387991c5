// SPDX-License-Identifier: MIT
//
// Caller: who is asking, once it is proven. Made anew for every request, so that a user who is
// disabled or loses a right is refused at once. Values.
#pragma once

#include <string>
#include <string_view>

#include "om/access/right.h"
#include "om/model/ids.h"

namespace om::access {

/// What proved it.
enum class How {
  session,  ///< a cookie, after a password
  link,     ///< a cookie, after a one-time link
  token,    ///< a bearer token
  control,  ///< the control socket: our own uid or root
};
std::string_view how_name(How how);

struct Caller {
  UserId user_id;    ///< 0 for the control socket's
  std::string name;  ///< as runs and the audit keep it
  Rights rights;
  How how = How::session;
  bool has_password = false;
};

/// Who speaks through the control socket: no row in the table of users, every right.
Caller local_administrator();

/// Where a request came from, for the audit.
struct Origin {
  std::string via;   ///< page, api, cli, legacy
  std::string peer;  ///< "127.0.0.1", "uid 0"
};

}  // namespace om::access
