// SPDX-License-Identifier: MIT
//
// launch: starts a program as leader of its own session and gives back its pidfd. It waits until
// the new program runs or could not be started, as posix_spawn does. Any thread.
#pragma once

#include <array>
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

struct LaunchPlan {
  const std::vector<std::string>& argv;  ///< not empty
  const std::vector<std::string>& environment;
  const std::string& directory;
  mode_t umask;
  std::array<int, 3> streams;  ///< become 0, 1 and 2; everything else is closed
};

Result<Launched> launch(const LaunchPlan& plan);

}  // namespace om::process
