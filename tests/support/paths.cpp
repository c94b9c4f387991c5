// SPDX-License-Identifier: MIT
//
// The paths, given by tests/CMakeLists.txt.

#include "support/paths.h"

namespace om::test {

std::filesystem::path source_dir() { return OMSERVER_SOURCE_DIR; }
std::filesystem::path omserver() { return OMSERVER_BINARY; }
std::filesystem::path asking_server() { return OMSERVER_ASKING_SERVER; }

}  // namespace om::test
