// SPDX-License-Identifier: MIT
//
// What /proc says about processes, for tests that must leave none behind.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/types.h>

namespace om::test {

struct ProcessState {
  pid_t pid = 0;
  char state = 0;  ///< '\0': there is no such process
  pid_t parent = 0;
  pid_t group = 0;
  bool lives() const { return state != 0 && state != 'Z' && state != 'X'; }
};

inline ProcessState process_state(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  ProcessState result;
  result.pid = pid;
  const std::size_t after_name = line.rfind(')');
  if (after_name == std::string::npos) return result;
  std::istringstream rest(line.substr(after_name + 1));
  rest >> result.state >> result.parent >> result.group;
  return result;
}

inline std::vector<ProcessState> all_processes() {
  std::vector<ProcessState> processes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const ProcessState state = process_state(std::stoi(name));
    if (state.state != 0) processes.push_back(state);
  }
  return processes;
}

/// Processes of a group that are no zombies.
inline int living_in_group(pid_t group) {
  int count = 0;
  for (const ProcessState& process : all_processes()) {
    if (process.group == group && process.lives()) ++count;
  }
  return count;
}

}  // namespace om::test
