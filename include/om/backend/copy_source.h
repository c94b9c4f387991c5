// SPDX-License-Identifier: MIT
//
// CopySource: a file or folder of this machine that is being given to many hosts. It is hashed
// once, and its bytes are read once for all targets that keep pace: a window of the last chunks is
// held, and who has fallen behind it has his chunk read again instead of holding the others up.
// Memory is bounded by the window and one chunk a target. Shared by the targets of a run (owners:
// the run and each of its transfers); any thread may call; answers come as tasks of the reactor
// given, never from inside a call. It keeps the opened file, so that replacing it by a rename does
// no harm; one that changes in place is an error (copy.source_changed), as is one that cannot be
// read (copy.source_unreadable).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::event {
class DiskThreads;
class Reactor;
}  // namespace om::event

namespace om::backend {

/// A folder of more is refused: copy it as one archive.
inline constexpr std::size_t kMaxTreeEntries = 10'000;
/// Of all its paths and link targets together.
inline constexpr std::size_t kMaxTreeNameBytes = 1024 * 1024;

/// One member of a folder.
struct TreeEntry {
  enum class Type { file, folder, symlink };
  std::string path;  ///< relative to the folder, parents first
  Type type = Type::file;
  std::uint32_t mode = 0;       ///< permission bits, without write for group and others
  std::int64_t size_bytes = 0;  ///< of a file
  std::string link_target;      ///< of a symlink
  std::string sha256_hex;       ///< of a file, once examined
};

/// What is known once it has been read through.
struct SourceFacts {
  std::int64_t size_bytes = 0;     ///< of all files together
  std::string sha256_hex;          ///< of the file; of a folder: of the list of what is in it
  std::vector<TreeEntry> entries;  ///< of a folder
};

/// A piece of the source's bytes.
struct ByteRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

class CopySource {
 public:
  struct Limits {
    std::size_t chunk_bytes = 128 * 1024;
    std::size_t window_bytes = 32 * 1024 * 1024;
  };
  enum class Kind { file, folder };

  /// Takes a file or folder opened for reading; looks through a folder, which may take a while.
  /// `mode`: what its files shall have on the hosts, or 0 for what they have here. Refuses
  /// (copy.source_refused) what is neither, and folders that hold devices, sockets or too much.
  static Result<std::shared_ptr<CopySource>> open(event::DiskThreads& disk, Fd opened,
                                                  std::string name, std::uint32_t mode,
                                                  const Limits& limits);
  static Result<std::shared_ptr<CopySource>> open(event::DiskThreads& disk, Fd opened,
                                                  std::string name, std::uint32_t mode);
  ~CopySource();
  CopySource(const CopySource&) = delete;
  CopySource& operator=(const CopySource&) = delete;

  Kind kind() const;
  const std::string& name() const;  ///< the last part of its path
  std::int64_t size_bytes() const;  ///< of all files together
  std::size_t file_count() const;
  std::uint32_t mode() const;  ///< permission bits of the file, without write for group and others

  /// Reads it through, the first time; later callers get what the first one got.
  using Examined = std::function<void(const Result<std::shared_ptr<const SourceFacts>>&)>;
  void examine(event::Reactor& reactor, Examined done);

  /// SHA-256 of the first bytes of a file. Requires: examined, bytes <= size_bytes().
  void prefix_sha256(event::Reactor& reactor, std::int64_t bytes,
                     std::function<void(Result<std::string>)> done);

  /// Bytes from `offset` on, at least one and at most to the end of their chunk: of a file its
  /// content, of a folder the tar stream of all of its members. Requires: offset < stream_bytes().
  using Chunk = std::shared_ptr<const std::string>;  ///< owners: the window, and who reads it
  struct Piece {
    Chunk chunk;
    std::size_t skip = 0;  ///< where `offset` lies in it
  };
  using Read = std::function<void(Result<Piece>)>;
  void read(event::Reactor& reactor, std::int64_t offset, Read done);
  std::int64_t stream_bytes() const;
  /// The parts of the tar stream that hold these members (by their index, ascending) and its end.
  std::vector<ByteRange> ranges_of(const std::vector<std::size_t>& entries) const;

  /// Read by read() so far, repetitions included.
  std::int64_t bytes_read() const;

 private:
  struct State;
  explicit CopySource(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  ///< owners: this, and the work under way on the disk's threads
};

/// The error of a source that is no longer what it was.
Error source_changed(const std::string& name);

}  // namespace om::backend
