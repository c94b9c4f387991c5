// SPDX-License-Identifier: MIT
//
// Reads DATA/modules/<platform>/: which files are there, and their bytes if they may be trusted.
// modules/ is code that runs on the fleet: what anybody but root and us may write is refused,
// folder or file, and so are links, which lead where we have not looked. Blocking; not on a
// reactor's thread. No state.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/model/ids.h"
#include "om/model/outcome.h"

namespace om::catalogue {

/// "Mid_1007.sh" or "Public_lib.sh".
struct ModuleFileName {
  std::optional<ModuleId> module;  ///< nothing for Public_lib
  std::string extension;           ///< without the dot
};
/// Nothing for other files, and for what editors leave behind (Mid_1007.sh~, Mid_1007.bak).
std::optional<ModuleFileName> parse_module_file_name(std::string_view name);

struct FileOnDisk {
  std::string path;
  ModuleFileName name;
  Result<std::string> bytes;
};

struct FolderOnDisk {
  Platform platform = Platform::ssh;
  std::string path;
  std::optional<Error> refused;   ///< then files is empty, and nothing is known about them
  std::vector<FileOnDisk> files;  ///< by name
};

/// One entry for each platform, in the order of kPlatforms; a folder that is not there has no
/// files.
std::vector<FolderOnDisk> read_module_folders(const std::string& folder, std::size_t max_bytes);

}  // namespace om::catalogue
