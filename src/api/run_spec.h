// SPDX-License-Identifier: MIT
//
// What a request says about a run that moves files, and who may ask for one. A worker's thread.
#pragma once

#include "api/call.h"

#include "om/run/request.h"

namespace om::api {

/// Moving files takes a right beside that to run modules.
Result<void> may_start(const Call& call, RunKind kind);

/// Takes the body's "copy" or "fetch" (null when it is not there) into the request, whose kind is
/// set.
Result<void> take_spec(const Json& copy, const Json& fetch, run::Request& request);

}  // namespace om::api
