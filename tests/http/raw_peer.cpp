// SPDX-License-Identifier: MIT
#include "http/raw_peer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace om::http {

RawPeer::RawPeer(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    socket_.reset();
    return;
  }
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

long RawPeer::send_some(std::string_view bytes) {
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return 0;
  return n;
}

void RawPeer::end_writing() { ::shutdown(socket_.get(), SHUT_WR); }

bool RawPeer::read_more(std::chrono::milliseconds wait) {
  if (closed_) return false;
  pollfd waiting{socket_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(wait.count())) <= 0) return false;
  std::array<char, 65536> buffer;
  const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (n <= 0) {
    closed_ = true;
    return false;
  }
  input_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

std::string RawPeer::read_all(std::chrono::milliseconds wait) {
  while (read_more(wait)) {
  }
  return std::exchange(input_, {});
}

std::string RawPeer::read_until(std::string_view mark, std::chrono::milliseconds wait) {
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t at = input_.find(mark, looked_at);
    if (at != std::string::npos) {
      std::string found = input_.substr(0, at + mark.size());
      input_.erase(0, at + mark.size());
      return found;
    }
    looked_at = std::max(input_.size(), mark.size()) - mark.size();
    if (!read_more(wait)) return std::exchange(input_, {});
  }
}

std::string RawPeer::read_answer() {
  std::string answer = read_until("\r\n\r\n");
  const std::size_t at = answer.find("Content-Length: ");
  if (at == std::string::npos) return answer;
  const auto length = static_cast<std::size_t>(std::strtoul(answer.c_str() + at + 16, nullptr, 10));
  while (input_.size() < length && read_more(std::chrono::seconds(5))) {
  }
  answer += input_.substr(0, length);
  input_.erase(0, std::min(length, input_.size()));
  return answer;
}

int status_of(std::string_view answer) {
  if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) return 0;
  return std::atoi(std::string(answer.substr(9, 3)).c_str());
}

int answers_in(std::string_view bytes) {
  int count = 0;
  for (std::size_t at = bytes.find("HTTP/1.1 "); at != std::string_view::npos;
       at = bytes.find("HTTP/1.1 ", at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace om::http
