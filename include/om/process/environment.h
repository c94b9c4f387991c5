// SPDX-License-Identifier: MIT
//
// The environment of a child process: named variables from scratch, nothing inherited by accident
// (no LD_*, PYTHONPATH, SSH_AUTH_SOCK, no secret of ours). Pure but for reading HOME, USER and
// LOGNAME of this process. Any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace om::process {

inline constexpr char kStandardPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// "NAME=value": PATH, HOME (a service may have none: root's is /root), USER and LOGNAME where
/// known, LANG=C.UTF-8, TERM=dumb, then `further`, which wins over the ones before.
std::vector<std::string> clean_environment(
    const std::vector<std::pair<std::string, std::string>>& further = {});

}  // namespace om::process
