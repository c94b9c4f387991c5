// SPDX-License-Identifier: MIT
#include "ssh/transport.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace om::ssh {

ssize_t SocketTransport::receive(char* buffer, std::size_t length) {
  const ssize_t got = ::recv(socket_.get(), buffer, length, 0);
  if (got < 0) return -errno;
  if (got > 0 && static_cast<std::size_t>(got) < length) {
    // We are going to wait, and the server may hold its next small packet back until it hears of
    // this one (Nagle): 40 ms each time when the acknowledgement is left to the kernel's mood.
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }
  return got;
}

ssize_t SocketTransport::send(const char* bytes, std::size_t length) {
  const ssize_t sent = ::send(socket_.get(), bytes, length, MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

void SocketTransport::watch(event::Reactor& reactor, std::uint32_t interest, ReadyFn on_ready) {
  watch_ = reactor.watch(socket_.get(), interest, std::move(on_ready));
}

bool SocketTransport::has_ended() const {
  char byte = 0;
  const ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace om::ssh
