// SPDX-License-Identifier: MIT
//
// Rows of text as columns on standard output. Pure but for that; main's thread.
#pragma once

#include <string>
#include <vector>

namespace om::main {

/// Columns as wide as their widest cell; wide characters count two.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace om::main
