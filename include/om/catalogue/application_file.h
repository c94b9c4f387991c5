// SPDX-License-Identifier: MIT
//
// A file of DATA/files/, for a script that asks for it with `# om-file` or for a copy. Opening may
// block: not on a reactor's thread, else any. The name comes from a run's parameter or request, so
// it is hostile: every part of the path is opened below the one before, without following links,
// and what is neither a regular file nor, where one may be meant, a folder is refused.
#pragma once

#include <string>
#include <string_view>

#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::catalogue {

enum class Meant { file, file_or_folder };

/// Opens "nginx" or "web/site.conf" for reading. not_found "file.not_found" says where to put it;
/// invalid_argument "file.bad_name".
Result<Fd> open_application_file(const std::string& data_dir, std::string_view name, Meant meant);

/// Whether this can be the name of a file there: parts between slashes, none hidden, none "..".
bool is_application_file_name(std::string_view name);

}  // namespace om::catalogue
