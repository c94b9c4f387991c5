// SPDX-License-Identifier: MIT
#include "om/process/environment.h"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

namespace om::process {

std::vector<std::string> clean_environment(
    const std::vector<std::pair<std::string, std::string>>& further) {
  std::vector<std::pair<std::string, std::string>> variables = {
      {"PATH", kStandardPath}, {"LANG", "C.UTF-8"}, {"TERM", "dumb"}};
  for (const char* name : {"HOME", "USER", "LOGNAME"}) {
    if (const char* value = std::getenv(name)) variables.emplace_back(name, value);
  }
  if (std::getenv("HOME") == nullptr && ::geteuid() == 0) variables.emplace_back("HOME", "/root");
  for (const auto& [name, value] : further) {
    const auto same = [&name = name](const auto& variable) { return variable.first == name; };
    std::erase_if(variables, same);
    variables.emplace_back(name, value);
  }
  std::vector<std::string> environment;
  environment.reserve(variables.size());
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

}  // namespace om::process
