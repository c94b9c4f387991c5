// SPDX-License-Identifier: MIT
//
// Peer: one connection of the farm as its loop sees it. Owned by the loop; one thread. Nothing here
// blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace om::peers {

using FarmTime = std::chrono::steady_clock::time_point;

class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  /// Closes the descriptor, unless it was let go.
  virtual ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int fd() const { return fd_; }
  /// The poller's flags that it waits for; 0: only for a broken connection.
  virtual std::uint32_t interest() const = 0;
  /// When it wants on_time().
  virtual std::optional<FarmTime> due() const { return std::nullopt; }
  /// False: it is over.
  virtual bool on_ready(std::uint32_t events) = 0;
  virtual bool on_time() { return true; }

 protected:
  /// Somebody else closes it.
  void let_go() { owns_ = false; }

 private:
  const int fd_;
  bool owns_ = true;
};

/// Reads what there is and drops it; false when the connection has ended.
bool drain(int fd);

}  // namespace om::peers
