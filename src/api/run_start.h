// SPDX-License-Identifier: MIT
//
// Starting a run, for every call that does: the parts of a request that they share, and the way
// from a request to a run that is on disk and under way.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/call.h"

#include "om/catalogue/validate.h"
#include "om/run/request.h"

namespace om::api {

using FieldErrors = std::vector<catalogue::FieldError>;

/// {"sys_param_1": "50"} or ["50"], as the field 'parameters'.
Result<std::vector<std::pair<std::string, std::string>>> parameters_from(const Json& json);
/// The words of outcomes, as a field 'outcomes'.
Result<std::vector<Outcome>> outcomes_from(const std::vector<std::string>& names);
/// Fills in who asks, by which way, and the idempotency key.
Result<void> sign(const Call& call, run::Request& request);

/// {"run": ...} once the run and its targets are on disk.
Result<Json> start_request(const Call& call, const run::Request& request, FieldErrors& fields);
/// The answer, where an error of the form names each field.
Response respond_with_fields(const Result<Json>& result, const FieldErrors& fields, int status);

}  // namespace om::api
