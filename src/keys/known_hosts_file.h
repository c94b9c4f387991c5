// SPDX-License-Identifier: MIT
//
// KnownHostsFile: the file on disk, which others write, too: ssh appends lines, people edit. Whole
// files are put in place only where nobody has written since they were read. Blocking; not on a
// reactor's thread. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "om/base/result.h"

namespace om::keys {

inline constexpr std::size_t kLargestKnownHosts = 64 * 1024 * 1024;

/// What tells one state of the file from another.
struct FileStamp {
  bool exists = false;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};
  bool operator==(const FileStamp& other) const;
};

class KnownHostsFile {
 public:
  explicit KnownHostsFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  FileStamp stamp() const;
  struct Contents {
    std::string text;  ///< empty where there is no file
    FileStamp stamp;   ///< from before it was read
  };
  Result<Contents> read() const;
  /// Adds lines in one go, after whatever its last line is.
  Result<void> append(std::string lines) const;
  /// Puts `text` in place of what had the stamp `base`, mode 0600: a temporary file, on disk before
  /// it gets the name. False when somebody else has written meanwhile: nothing has happened then.
  /// `confirm` is called when everything but the change of names is done; its failure is ours.
  Result<bool> replace(std::string_view text, const FileStamp& base,
                       const std::function<Result<void>()>& confirm) const;

 private:
  std::string path_;
};

}  // namespace om::keys
