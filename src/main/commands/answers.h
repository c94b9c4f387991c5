// SPDX-License-Identifier: MIT
//
// What the targets of a run that is over have answered, printed for people or programs; hosts with
// the same answer are shown once. Blocking; main's thread.
#pragma once

#include <string>

#include "main/client.h"
#include "main/command_line.h"

#include "om/api/json.h"

namespace om::main {

/// Returns the exit status.
Result<int> print_answers(Client& client, const std::string& path, const api::Json& run,
                          const Global& global);

}  // namespace om::main
