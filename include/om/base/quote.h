// SPDX-License-Identifier: MIT
//
// Quoting for a POSIX shell: the only place where data becomes part of a command. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace om::quote {

/// One shell word that expands to exactly `value`. Requires: no NUL in it (refused as input long
/// before).
std::string shell_word(std::string_view value);
/// Words separated by spaces.
std::string shell_command(const std::vector<std::string>& argv);

}  // namespace om::quote
