// SPDX-License-Identifier: MIT
//
// What one scan found, and how the next one follows from it. Pure values: scan_from() is told what
// is on disk, so every case can be tested without one. Immutable once made.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalogue/compose.h"
#include "catalogue/module_folder.h"

#include "om/base/embedded.h"
#include "om/catalogue/sources.h"

namespace om::catalogue {

/// A place for one implementation: module and platform.
struct SourceSlot {
  std::shared_ptr<const Source> in_force;  ///< null: nothing can run
  bool in_data = false;                    ///< the data directory has a file for it, good or not
  std::string problem_path;                ///< of the file that is refused, or empty
  std::string problem;
  std::string problem_sha256;  ///< of the refused bytes, if they could be read
};

/// The operator's Public_lib.* of one platform and extension.
struct SharedSlot {
  std::string path;
  std::string text;    ///< in force
  std::string sha256;  ///< of it; empty: none in force
  std::string problem;
  std::string problem_sha256;
};

struct SourceState {
  std::map<std::pair<Platform, ModuleId>, SourceSlot> slots;
  std::map<std::pair<Platform, std::string>, SharedSlot> shared;
  std::map<std::string, std::string> refused_folders;  ///< path -> reason
  /// Platforms whose folder was refused each time, with its path: what it holds is not known.
  std::map<Platform, std::string> never_read;
};

/// `before` is null at the first scan.
SourceState scan_from(const SourceState* before, std::span<const base::EmbeddedFile> builtin,
                      const std::vector<FolderOnDisk>& folders, const Sources::Checker& check);

/// What became of each file of the data directory.
std::vector<SourceChange> changes_between(const SourceState* before, const SourceState& after);

}  // namespace om::catalogue
