// SPDX-License-Identifier: MIT
//
// The two paths, given by tests/CMakeLists.txt.

#include "support/paths.h"

namespace om::test {

std::filesystem::path source_dir() { return OMSERVER_SOURCE_DIR; }
std::filesystem::path omserver() { return OMSERVER_BINARY; }

}  // namespace om::test
