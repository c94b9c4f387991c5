// SPDX-License-Identifier: MIT
//
// The header blocks of one member of a tar stream, in the form that GNU tar, bsdtar and busybox
// read: ustar fields, GNU's L and K members before a name or link target that does not fit, base
// 256 for sizes past 8 GiB. pax headers lost: busybox skips them without a word, and the file lands
// under its cut name. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace om::backend {

inline constexpr std::int64_t kTarBlockBytes = 512;

struct TarMember {
  std::string path;  ///< relative, without "." and ".."
  enum class Type { file, symlink } type = Type::file;
  std::string link_target;  ///< of a symlink
  std::uint32_t mode = 0644;
  std::int64_t size_bytes = 0;  ///< of a file; its content follows, padded to blocks
  std::int64_t mtime_s = 0;
};

/// Owner and group are root's, by number: they only count where tar runs as root.
std::string tar_header(const TarMember& member);
/// Zero bytes between a content and the next header.
std::int64_t tar_padding(std::int64_t size_bytes);
/// The end of a stream.
inline constexpr std::int64_t kTarEndBytes = 2 * kTarBlockBytes;

}  // namespace om::backend
