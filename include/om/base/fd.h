// SPDX-License-Identifier: MIT
//
// Fd: owns one file descriptor. Move-only, one owner, any thread. Closing never throws and never
// retries (on Linux the number is free after EINTR). No implicit bool: 0 is a valid descriptor.
#pragma once

#include <utility>

#include "om/base/result.h"

namespace om {

class Fd {
 public:
  Fd() = default;
  /// Takes ownership. Every descriptor is opened with CLOEXEC by whoever opens it.
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read_end;
  Fd write_end;
};

/// A pipe with O_CLOEXEC | O_NONBLOCK on both ends.
Result<Pipe> open_pipe();
/// Puts O_NONBLOCK on a descriptor.
Result<void> set_nonblocking(int fd);

}  // namespace om
