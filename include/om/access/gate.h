// SPDX-License-Identifier: MIT
//
// The one gate: may this caller do this? Pure, any thread. Whoever answers a request asks it before
// anything else.
#pragma once

#include "om/access/caller.h"
#include "om/access/verb.h"
#include "om/base/result.h"

namespace om::access {

/// `caller` null: nobody is proven. Fails with unauthorized ("access.sign_in") or forbidden
/// ("access.forbidden").
Result<void> admit(const Caller* caller, Verb verb);

}  // namespace om::access
