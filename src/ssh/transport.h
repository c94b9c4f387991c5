// SPDX-License-Identifier: MIT
//
// Transport: what carries a session's bytes, as a non-blocking stream: a socket here, or a channel
// of the session with a jump host (tunnel.h). Owned by a Connection; belongs to the reactor's
// thread. Nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include <sys/types.h>

#include "om/base/fd.h"
#include "om/base/result.h"
#include "om/event/reactor.h"

namespace om::ssh {

class Transport {
 public:
  using ReadyFn = std::function<void(std::uint32_t ready)>;

  virtual ~Transport() = default;
  /// Bytes, 0 at the end of the stream, or a negated errno. After fewer bytes than asked for, or
  /// -EAGAIN, on_ready tells when there are more.
  virtual ssize_t receive(char* buffer, std::size_t length) = 0;
  /// Bytes taken, or a negated errno.
  virtual ssize_t send(const char* bytes, std::size_t length) = 0;
  /// From now on the loop tells what is possible (event::Ready); it may destroy the transport.
  /// Requires: not watched yet.
  virtual void watch(event::Reactor& reactor, std::uint32_t interest, ReadyFn on_ready) = 0;
  virtual void set_interest(std::uint32_t interest) = 0;
  /// The peer has ended the stream, and nothing before that waits to be read. Asks, does not wait.
  virtual bool has_ended() const = 0;
  /// Why the stream ended, where what lies underneath says more than an errno.
  virtual const std::optional<Error>& failure() const = 0;
  /// An open, non-blocking one; the library looks at its flags and at nothing else.
  virtual int descriptor() const = 0;
};

class SocketTransport final : public Transport {
 public:
  /// Requires: connected, non-blocking.
  explicit SocketTransport(Fd socket) : socket_(std::move(socket)) {}

  ssize_t receive(char* buffer, std::size_t length) override;
  ssize_t send(const char* bytes, std::size_t length) override;
  void watch(event::Reactor& reactor, std::uint32_t interest, ReadyFn on_ready) override;
  void set_interest(std::uint32_t interest) override { watch_.set_interest(interest); }
  bool has_ended() const override;
  const std::optional<Error>& failure() const override { return failure_; }
  int descriptor() const override { return socket_.get(); }

 private:
  const std::optional<Error> failure_;  ///< never
  Fd socket_;
  event::Watch watch_;
};

}  // namespace om::ssh
