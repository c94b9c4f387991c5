// SPDX-License-Identifier: MIT
//
// SourceTree: what a folder of this machine holds, and where each member lies in the tar stream
// that carries it. Reads the disk and blocks: a disk's thread, or whoever prepares a run. Value;
// does not change once scanned.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "om/backend/copy_source.h"

namespace om::backend {

/// Enough of a file to see that it is still the same one. Not its ctime, which a rename over its
/// name changes too; what escapes this is caught by the checksum at the host.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size_bytes = 0;
  timespec modified{};

  static FileStamp of(const struct stat& status);
  bool operator==(const FileStamp& other) const;
};

struct TreeMember {
  TreeEntry entry;
  FileStamp stamp;
  std::int64_t begin = 0;  ///< in the tar stream: header, content, padding
  std::int64_t content = 0;
  std::int64_t end = 0;
};

struct TarMember;
/// What the tar stream says of it. Requires: no folder.
TarMember tar_member(const TreeMember& member);

/// All members, parents first, in the order of their names. `mode`: of all files, or 0.
Result<std::vector<TreeMember>> scan_tree(int folder, const std::string& name, std::uint32_t mode);

/// Opens a member for reading, without following links on the way.
Result<Fd> open_member(int folder, const std::string& name, const TreeMember& member);

/// Permission bits that a copy gets: none for others to write, no set-user-id.
std::uint32_t copied_mode(mode_t mode);

}  // namespace om::backend
