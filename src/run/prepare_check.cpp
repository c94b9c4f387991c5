// SPDX-License-Identifier: MIT
//
// A ready check: the way of any run (name, connection, host key, login, become, shell) with nothing
// at its end, so that the reason of each target that fails is the one a run would meet.
#include <memory>

#include "run/preparing.h"

namespace om::run {

Result<void> prepare_check(Preparing& preparing) {
  if (preparing.request.module.value != 0) {
    return fail(Errc::invalid_argument, "request.field",
                "field 'module' has no place in a check: it runs nothing");
  }
  if (!preparing.request.parameters.empty()) {
    return fail(Errc::invalid_argument, "request.field",
                "field 'parameters' has no place in a check: it runs nothing");
  }
  OM_TRY(preparing.choose_targets(std::nullopt));
  preparing.set_limits(0, kCheckTimeoutS);
  preparing.prepared.run.risk = Risk::read;
  backend::ScriptJob job;
  job.script = std::make_shared<backend::Script>(backend::Script{"/bin/sh", "", ":\n"});
  preparing.prepared.job = std::move(job);
  return {};
}

}  // namespace om::run
