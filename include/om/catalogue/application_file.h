// SPDX-License-Identifier: MIT
//
// A file of DATA/files/, to be delivered before a script that asks for it with `# om-file`. Value.
// Reading blocks: not on a reactor's thread, else any. The name comes from a run's parameter, so it
// is hostile: every part of the path is opened below the one before, without following links, and
// what is no regular file is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "om/base/result.h"

namespace om::catalogue {

inline constexpr std::size_t kMaxApplicationFileBytes = 64 * 1024 * 1024;

struct ApplicationFile {
  std::string name;  ///< as asked for: "nginx", "web/site.conf"
  std::string bytes;
  std::string sha256_hex;
};

/// not_found "file.not_found" says where to put it; invalid_argument "file.bad_name",
/// "file.too_large".
Result<ApplicationFile> read_application_file(const std::string& data_dir, std::string_view name);

}  // namespace om::catalogue
