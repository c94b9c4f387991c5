// SPDX-License-Identifier: MIT
//
// Following a run from the command line, for every command that starts one: until its end, with a
// progress line on a terminal's standard error. Blocking; main's thread.
#pragma once

#include <string>
#include <vector>

#include "main/client.h"

#include "om/api/json.h"

namespace om::main {

/// `path` is "/api/v1/runs/41". Ctrl-C stops the run on its hosts, a second one leaves. Returns the
/// run as it ended.
Result<api::Json> wait_for_end(Client& client, const std::string& path);
/// All of them, in request order.
Result<std::vector<api::Json>> read_targets(Client& client, const std::string& path);
/// The counts of a run as one line: "37 hosts: 30 ok, 2 failed, 5 running".
std::string counts_line(const api::Json& run);

}  // namespace om::main
