// SPDX-License-Identifier: MIT
//
// Sources: which file implements a module on a platform. DATA/modules/<platform>/Mid_N.* hides the
// built-in modules/<platform>/Mid_N.*; a platform's own file wins over the ssh script, which serves
// every platform. A changed file is in force once a scan has accepted it; one that is refused
// leaves the version that was in force where it is, and is named with the reason. At the first scan
// there is no such version: a refused file then hides the built-in one without replacing it, so
// that a restart never runs something else than the operator wrote. Owned by main; find(), status()
// and problems() from any thread; scan() reads the disk: never on a reactor's thread. What is
// refused: files or folders that somebody else may write, links, two files for one number, more
// than 1 MiB, no usable #! line, and what the injected checker says.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "om/base/embedded.h"
#include "om/base/result.h"
#include "om/catalogue/source.h"

namespace om::catalogue {

inline constexpr std::size_t kMaxSourceBytes = 1024 * 1024;

/// What became of one file.
struct SourceChange {
  enum class What {
    loaded,   ///< in force from now on
    broken,   ///< refused; what was in force stays
    removed,  ///< gone; new_sha256 is the built-in one that is in force again, if any
  };
  What what = What::loaded;
  std::string path;
  Platform platform = Platform::ssh;
  ModuleId module;                     ///< 0 for a Public_lib.* or a folder
  std::string reason;                  ///< of a broken file: one sentence with the remedy
  std::string old_sha256, new_sha256;  ///< in force before and now; empty: nothing
};
std::string_view change_name(SourceChange::What what);

/// A file or folder that is refused.
struct SourceProblem {
  std::string path;
  std::string reason;
};

struct SourceStatus {
  enum class State { ready, broken, not_written };
  State state = State::not_written;
  std::string path;     ///< of the file in force, of the broken one, or the one to write
  std::string problem;  ///< of a broken one
  std::shared_ptr<const Source>
      source;  ///< in force, also beside a broken file; null: cannot run. See Source
};

class Sources {
 public:
  /// Says what else is wrong with a source that is about to be in force, such as `sh -n` would.
  /// Called by scan().
  using Checker = std::function<Result<void>(const Source&)>;
  struct Options {
    std::string data_dir;
    Checker check;  ///< none: nothing else is asked
    std::span<const base::EmbeddedFile> builtin = base::embedded_under("modules/");
  };

  /// Reads nothing yet: call scan().
  explicit Sources(Options options);
  ~Sources();
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  /// Looks at every file again and says what is different from the last time. The first time names
  /// the files of the data directory, not the built-in ones. Blocks; two callers wait for each
  /// other.
  std::vector<SourceChange> scan();

  /// What a run of the module on the platform would use; null when there is nothing in force.
  std::shared_ptr<const Source> find(ModuleId module, Platform platform) const;
  SourceStatus status(ModuleId module, Platform platform) const;
  /// Everything that is refused, by path.
  std::vector<SourceProblem> problems() const;
  /// DATA/modules
  const std::string& folder() const { return folder_; }

 private:
  struct Snapshot;
  std::shared_ptr<const Snapshot> snapshot() const;

  Options options_;
  std::string folder_;
  std::mutex scanning_;                       ///< held through a scan
  mutable std::mutex mutex_;                  ///< guards snapshot_
  std::shared_ptr<const Snapshot> snapshot_;  ///< shared with readers in the middle of a look-up
};

}  // namespace om::catalogue
