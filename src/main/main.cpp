// SPDX-License-Identifier: MIT
//
// The program's entry: reads the command line and calls what the command names.

#include <iostream>

#include <CLI/CLI.hpp>

#include "om/base/build_info.h"

namespace {

void print_version(bool verbose) {
  const auto& info = om::base::build_info();
  std::cout << "omserver " << info.version;
  if (!info.commit.empty()) std::cout << " (" << info.commit << ")";
  std::cout << '\n';
  if (!verbose) return;
  std::cout << "built by " << info.compiler << ", " << info.build_type << '\n';
  for (const auto& library : info.libraries) {
    std::cout << "  " << library.name << ' ' << library.version;
    if (!library.package.empty()) std::cout << "  (package " << library.package << ")";
    std::cout << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"OMServer: operations on many hosts from one page"};
  app.require_subcommand(1);
  bool verbose = false;
  auto* version = app.add_subcommand("version", "Print the version");
  version->add_flag("--verbose", verbose, "Name every library in this binary too");
  version->callback([&verbose] { print_version(verbose); });
  CLI11_PARSE(app, argc, argv);
  return 0;
}
