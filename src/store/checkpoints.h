// SPDX-License-Identifier: MIT
//
// Checkpoints: keeps the write-ahead log small. Belongs to the writer, the only connection that may
// checkpoint (two could meet SQLite's WAL-reset race). PASSIVE once the log passes kPassiveBytes,
// which waits for nobody; RESTART past kRestartBytes, which waits at most kRestartWait for readers
// to leave; TRUNCATE when there is nothing else to do.
#pragma once

#include <chrono>
#include <cstdint>

#include "store/connection.h"

namespace om::store {

inline constexpr std::int64_t kPassiveBytes = 4 << 20;
inline constexpr std::int64_t kRestartBytes = 64 << 20;
inline constexpr std::int64_t kAlarmBytes = 256 << 20;
inline constexpr std::chrono::milliseconds kRestartWait{250};

class Checkpoints {
 public:
  /// Requires: connection outlives this; no other WAL hook on it.
  static Result<Checkpoints> attach(Connection& connection);

  /// After every commit.
  void after_commit();
  /// Copies everything back and empties the file. False while a reader is in the way: try again
  /// later.
  bool truncate();
  std::int64_t wal_bytes() const { return wal_pages_ ? *wal_pages_ * page_bytes_ : 0; }

 private:
  Checkpoints(Connection& connection, std::int64_t page_bytes);
  Connection* connection_;
  std::int64_t page_bytes_;
  std::unique_ptr<std::int64_t> wal_pages_;  // SQLite's hook writes here, so it must not move
  std::int64_t next_bytes_ = kPassiveBytes;
  bool alarmed_ = false;
};

}  // namespace om::store
