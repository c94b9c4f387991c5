// SPDX-License-Identifier: MIT
#include <iostream>

#include "main/commands/commands.h"

#include "om/base/build_info.h"

namespace om::main {

int version(const VersionCommand& command, const Global& global) {
  const base::BuildInfo& info = base::build_info();
  api::Json libraries = api::Json::array();
  for (const base::LibraryVersion& library : info.libraries) {
    libraries.push_back(
        {{"name", library.name}, {"version", library.version}, {"package", library.package}});
  }
  if (global.json) {
    std::cout << api::dump({{"version", info.version},
                            {"commit", info.commit},
                            {"compiler", info.compiler},
                            {"build_type", info.build_type},
                            {"libraries", libraries}})
              << '\n';
    return kOk;
  }
  std::cout << "omserver " << info.version;
  if (!info.commit.empty()) std::cout << " (" << info.commit << ")";
  std::cout << '\n';
  if (!command.verbose) return kOk;
  std::cout << "built by " << info.compiler << ", " << info.build_type << '\n';
  for (const base::LibraryVersion& library : info.libraries) {
    std::cout << "  " << library.name << ' ' << library.version;
    if (!library.package.empty()) std::cout << "  (package " << library.package << ")";
    std::cout << '\n';
  }
  return kOk;
}

}  // namespace om::main
