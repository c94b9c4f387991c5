// SPDX-License-Identifier: MIT
//
// Looking things up in the generated table; embedded_files() itself is in the generated source.

#include "om/base/embedded.h"

#include <algorithm>

namespace om::base {

const EmbeddedFile* find_embedded(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::ranges::lower_bound(files, path, {}, &EmbeddedFile::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

std::span<const EmbeddedFile> embedded_under(std::string_view prefix) {
  const auto head = [prefix](const EmbeddedFile& file) {
    return file.path.substr(0, prefix.size());
  };
  const auto found = std::ranges::equal_range(embedded_files(), prefix, {}, head);
  return {found.begin(), found.end()};
}

}  // namespace om::base
