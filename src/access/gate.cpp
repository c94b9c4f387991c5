// SPDX-License-Identifier: MIT
#include "om/access/gate.h"

namespace om::access {

Result<void> admit(const Caller* caller, Verb verb) {
  const Right needed = right_for(verb);
  if (needed == Right::anybody) return {};
  if (!caller)
    return fail(Errc::unauthorized, "access.sign_in", "sign in first, or send a bearer token");
  if (caller->rights.has(needed)) return {};
  return fail(Errc::forbidden, "access.forbidden",
              "user " + caller->name + " may not " + std::string(verb_name(verb)) +
                  ": it needs the right '" + std::string(right_name(needed)) +
                  "', which an administrator can grant");
}

}  // namespace om::access
