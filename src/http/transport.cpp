// SPDX-License-Identifier: MIT
#include "http/transport.h"

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace om::http {

IoResult SocketTransport::read(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(socket_.get(), buffer, size, 0);
    if (n > 0) return {IoResult::State::done, static_cast<std::size_t>(n)};
    if (n == 0) return {IoResult::State::closed, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return {IoResult::State::wait_readable, 0};
    return {IoResult::State::closed, 0};
  }
}

IoResult SocketTransport::write(std::string_view bytes) {
  for (;;) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) return {IoResult::State::done, static_cast<std::size_t>(n)};
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      return {IoResult::State::wait_writable, 0};
    }
    return {IoResult::State::closed, 0};
  }
}

void SocketTransport::end_writing() { ::shutdown(socket_.get(), SHUT_WR); }

bool write_all(Transport& transport, std::string_view bytes, Duration stall) {
  while (!bytes.empty()) {
    const IoResult result = transport.write(bytes);
    if (result.state == IoResult::State::closed) return false;
    if (result.state == IoResult::State::done) {
      bytes.remove_prefix(result.bytes);
      continue;
    }
    const bool readable = result.state == IoResult::State::wait_readable;
    pollfd waiting{transport.fd(), static_cast<short>(readable ? POLLIN : POLLOUT), 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(whole_ms(stall)));
    if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
  }
  return true;
}

}  // namespace om::http
