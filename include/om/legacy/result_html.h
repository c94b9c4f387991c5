// SPDX-License-Identifier: MIT
//
// The answer of /autoadmin/module_run/: the original's result HTML, byte for byte, which its page
// puts on top of the result area. Pure, any thread. What a host printed is escaped here and only
// here: callers pass decoded text.
//
// ssh, local and saltstack look as func does: head, state, output, bar. Ansible has its own look
// and order. A target that is not ok is 失败, and after its output, standard error included, comes
// a line with the outcome's word and the reason, which the original did not have.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "om/model/ids.h"
#include "om/model/outcome.h"

namespace om::legacy {

/// One target of the answer, finished.
struct TargetResult {
  std::string address;  ///< as the call named it
  Platform platform = Platform::ssh;
  Outcome outcome = Outcome::ok;
  std::string output;        ///< decoded
  std::string error_output;  ///< decoded
  std::string reason;        ///< "exited with 2", "connect: refused"; may be empty
};

/// `targets` in the order of the request.
std::string result_html(const std::vector<TargetResult>& targets);

/// The line below, when the answer could not wait for all of them.
std::string still_running_html(RunId run, std::size_t targets);

}  // namespace om::legacy
