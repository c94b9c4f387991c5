// SPDX-License-Identifier: MIT
//
// ReaderPool: the read-only connections, opened as they are needed, at most kMaxReaders at once,
// and kept. Any thread. A lease waits at most `patience` for one to come back (Errc::overloaded).
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/connection.h"

#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::store {

inline constexpr int kMaxReaders = 16;
inline constexpr std::chrono::seconds kLeaseWait{5};

class ReaderPool {
 public:
  ReaderPool(std::string path, const Clock& clock, std::chrono::milliseconds patience)
      : path_(std::move(path)), clock_(clock), patience_(patience) {}
  /// Requires: every lease has been given back.
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  Result<std::unique_ptr<Connection>> lease();
  void give_back(std::unique_ptr<Connection> connection);

 private:
  const std::string path_;
  const Clock& clock_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable returned_;
  // Guarded by mutex_:
  std::vector<std::unique_ptr<Connection>> idle_;
  int leased_ = 0;
};

}  // namespace om::store
