// SPDX-License-Identifier: MIT
#include "api/run_spec.h"

#include "om/access/gate.h"

namespace om::api {
namespace {

bool moves_files(RunKind kind) { return kind == RunKind::copy || kind == RunKind::fetch; }

}  // namespace

Result<void> may_start(const Call& call, RunKind kind) {
  return moves_files(kind) ? access::admit(&call.caller, access::Verb::copy_start) : Result<void>();
}

Result<void> take_spec(const Json& copy, const Json& fetch, run::Request& request) {
  for (const auto& [kind, spec] : {std::pair(RunKind::copy, &copy), {RunKind::fetch, &fetch}}) {
    const std::string name(run_kind_name(kind));
    if (request.kind != kind) {
      if (spec->is_null()) continue;
      return fail(Errc::invalid_argument, "request.field",
                  "field '" + name + "' only belongs to a run of kind " + name);
    }
    if (!spec->is_object()) {
      return fail(Errc::invalid_argument, "request.field",
                  "field '" + name + "' must be an object");
    }
    request.spec = dump(*spec);
  }
  return {};
}

}  // namespace om::api
