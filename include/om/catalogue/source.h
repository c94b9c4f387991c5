// SPDX-License-Identifier: MIT
//
// Source: the implementation of a module, as it will run. Immutable once made; shared by the
// catalogue while it is in force and by every run that started with it, so a run keeps its version
// however the file changes. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/model/ids.h"
#include "om/model/outcome.h"

namespace om::catalogue {

enum class Origin {
  builtin,  ///< of this binary
  data,     ///< of the data directory
};
std::string_view origin_name(Origin origin);

struct Source {
  ModuleId module;
  Platform platform =
      Platform::ssh;  ///< whose folder it is in; a script of ssh serves the others too
  Origin origin = Origin::builtin;
  std::string path;    ///< of the file: absolute for data, "modules/ssh/Mid_1001.sh" for builtin
  bool script = true;  ///< false: a playbook or steps, in the language of the platform's engine
  std::string interpreter = "/bin/sh";  ///< of the #! line
  std::string argument;                 ///< the rest of the #! line, or empty
  std::string bytes;                    ///< what runs: of a script, with the Public_lib.* in it
  std::vector<std::string> shared;  ///< of an engine's file: the texts of Public_lib.*, ours first
  int om_file =
      0;  ///< N of `# om-file: sys_param_N`: the parameter that names a file to deliver first, or 0
  std::string sha256;  ///< of shared and bytes, in hex: what a run records
};

}  // namespace om::catalogue
