// SPDX-License-Identifier: MIT
//
// Makes a Source out of a file's bytes and the Public_lib.* texts of its folder. Pure, any thread.
// Fails with a sentence for the operator: what does not fit, what to do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/catalogue/source.h"

namespace om::catalogue {

struct SourceFile {
  ModuleId module;
  Platform platform = Platform::ssh;
  Origin origin = Origin::builtin;
  std::string path;
  std::string extension;
  std::string_view bytes;
};

/// `shared`: of the same platform and extension, ours before the operator's.
Result<Source> compose(const SourceFile& file, const std::vector<std::string>& shared);

}  // namespace om::catalogue
