// SPDX-License-Identifier: MIT
//
// Small poll loops, good enough for a handful of connections.
#include "peers/tcp_proxy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace om::peers {
namespace {

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&here), length) != 0 || ::listen(fd, 512) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &length) != 0) {
    std::perror("test peers: cannot listen");
    std::abort();
  }
  port = ntohs(here.sin_port);
  return fd;
}

void send_all(int fd, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = ::send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t server_port) : server_port_(server_port) {
  listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
  for (Link& link : links_) finish(link);
}

void TcpProxy::run() {
  while (!stopping_) {
    std::vector<pollfd> waits = {{listener_, POLLIN, 0}};
    for (const Link& link : links_) {
      waits.push_back({link.client, POLLIN, 0});
      waits.push_back({link.stalled ? -1 : link.server, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), 20);
    for (std::size_t i = 0; i < links_.size(); ++i) {
      Link& link = links_[i];
      const bool from_client = waits[1 + 2 * i].revents != 0;
      const bool from_server = waits[2 + 2 * i].revents != 0;
      if ((from_client && !pass(link, false)) || (from_server && !pass(link, true))) finish(link);
    }
    std::erase_if(links_, [](const Link& link) { return link.client < 0; });
    if (waits[0].revents != 0) accept_client();
  }
}

void TcpProxy::accept_client() {
  Link link;
  link.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (link.client < 0) return;
  link.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(server_port_);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  link.left = limit_;
  link.then = then_;
  link.corrupt = corrupt_;
  if (::connect(link.server, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) {
    finish(link);
    return;
  }
  links_.push_back(link);
}

bool TcpProxy::pass(Link& link, bool from_server) {
  std::array<char, 65536> bytes;
  const std::size_t most = from_server ? std::min<std::uint64_t>(bytes.size(), link.left) : 65536;
  const ssize_t got =
      most == 0 ? 0 : ::recv(from_server ? link.server : link.client, bytes.data(), most, 0);
  if (got < 0 || (got == 0 && most > 0)) return false;
  if (!from_server) {
    send_all(link.server, bytes.data(), static_cast<std::size_t>(got));
    return true;
  }
  const auto count = static_cast<std::size_t>(got);
  if (link.corrupt >= link.passed && link.corrupt - link.passed < count) {
    char& byte = bytes[static_cast<std::size_t>(link.corrupt - link.passed)];
    byte = static_cast<char>(~byte);
  }
  link.passed += count;
  for (std::size_t sent = 0; sent < count;) {
    const std::size_t piece = std::min<std::size_t>(piece_, count - sent);
    send_all(link.client, bytes.data() + sent, piece);
    sent += piece;
  }
  passed_ += count;
  link.left -= count;
  if (link.left > 0) return true;
  if (link.then == Then::stall) {
    link.stalled = true;
    return true;
  }
  if (link.then == Then::reset) {
    const linger abruptly{1, 0};
    ::setsockopt(link.client, SOL_SOCKET, SO_LINGER, &abruptly, sizeof abruptly);
  }
  return false;
}

void TcpProxy::finish(Link& link) {
  ::close(link.client);
  ::close(link.server);
  link.client = -1;
}

TalkingPeer::TalkingPeer(std::string words, After after) : words_(std::move(words)), after_(after) {
  listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { run(); });
}

TalkingPeer::~TalkingPeer() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

void TalkingPeer::run() {
  std::vector<int> clients;
  while (!stopping_) {
    pollfd wait{listener_, POLLIN, 0};
    ::poll(&wait, 1, after_ == After::repeat && !clients.empty() ? 1 : 20);
    if (wait.revents != 0) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      send_all(fd, words_.data(), words_.size());
      if (after_ == After::close) {
        ::close(fd);
      } else {
        clients.push_back(fd);
      }
    }
    if (after_ == After::repeat) {
      for (const int fd : clients) {
        ::send(fd, words_.data(), words_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      }
    }
  }
  for (const int fd : clients) ::close(fd);
}

}  // namespace om::peers
