// SPDX-License-Identifier: MIT
//
// The files of assets/, modules/ and migrations/, as they were when this binary was built.
// The table is constant, lives as long as the process, and may be read from any thread. Nothing
// here fails: a file that is not there is a null pointer. The generator is cmake/embed.cmake.

#pragma once

#include <span>
#include <string_view>

namespace om::base {

/// One embedded file. `bytes` is followed by a NUL that it does not count.
struct EmbeddedFile {
  std::string_view path;        ///< from the project's root, such as "assets/index.html"
  std::string_view bytes;       ///< exactly the file's content
  std::string_view sha256_hex;  ///< 64 lower-case digits, of `bytes`
};

/// All of them, sorted by path (bytewise).
std::span<const EmbeddedFile> embedded_files();

/// The file with exactly this path, or null.
const EmbeddedFile* find_embedded(std::string_view path);

/// Those whose path starts with `prefix`, such as "migrations/", sorted by path.
std::span<const EmbeddedFile> embedded_under(std::string_view prefix);

}  // namespace om::base
