// SPDX-License-Identifier: MIT
//
// Small whole files: read with a limit, write so that a crash leaves the old or the new one.
// Blocking: never on a reactor thread after start-up. Any other thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "om/base/result.h"

namespace om::files {

/// The whole file; refused when larger than `max_bytes`.
Result<std::string> read(const std::string& path, std::size_t max_bytes);
/// Writes a temporary name beside it, fsyncs, renames, fsyncs the folder.
Result<void> write_atomically(const std::string& path, std::string_view bytes, mode_t mode);
/// Makes the folder (and the ones above it); an existing one is fine.
Result<void> make_directories(const std::string& path, mode_t mode);
bool exists(const std::string& path);

}  // namespace om::files
