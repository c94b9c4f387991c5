// SPDX-License-Identifier: MIT
//
// launch: starts a program as leader of its own session and gives back its pidfd. It waits until
// the new program runs or could not be started, as posix_spawn does. Any thread.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::process {

struct Launched {
  pid_t pid = -1;
  Fd pidfd;
};

/// Requires: argv is not empty. `in`, `out` and `err` become 0, 1 and 2; everything else is closed.
Result<Launched> launch(const std::vector<std::string>& argv,
                        const std::vector<std::string>& environment, const std::string& directory,
                        int in, int out, int err);

}  // namespace om::process
