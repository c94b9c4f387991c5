// SPDX-License-Identifier: MIT
//
// Transport: bytes to and from one peer, never blocking. SocketTransport is a plain socket; TLS is
// another one, whose reads may have to wait for writing and the other way round, which is why the
// answer says what to wait for. One thread at a time; whoever owns it may hand it on.
#pragma once

#include <cstddef>
#include <string_view>

#include "om/base/clock.h"
#include "om/base/fd.h"

namespace om::http {

struct IoResult {
  enum class State { done, wait_readable, wait_writable, closed };
  State state = State::done;
  std::size_t bytes = 0;  ///< when done: at least one
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult read(char* buffer, std::size_t size) = 0;
  /// Requires: `bytes` is not empty.
  virtual IoResult write(std::string_view bytes) = 0;
  /// Tells the peer that nothing more will be written.
  virtual void end_writing() = 0;
  virtual int fd() const = 0;
};

class SocketTransport final : public Transport {
 public:
  /// Requires: a non-blocking stream socket.
  explicit SocketTransport(Fd socket) : socket_(std::move(socket)) {}
  IoResult read(char* buffer, std::size_t size) override;
  IoResult write(std::string_view bytes) override;
  void end_writing() override;
  int fd() const override { return socket_.get(); }

 private:
  Fd socket_;
};

/// Writes all of `bytes`, waiting at most `stall` each time the peer does not take any. For threads
/// that may block. False when the peer is gone or stalls.
bool write_all(Transport& transport, std::string_view bytes, Duration stall);

}  // namespace om::http
