// SPDX-License-Identifier: MIT
#include "peers/fake_farm/farm.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peers/fake_farm/raw_peer.h"

namespace om::peers {
namespace {

constexpr int kListener = -1;

volatile std::sig_atomic_t told_to_end = 0;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string dotted(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 0xff) + (shift > 0 ? "." : "");
  }
  return text;
}

}  // namespace

Farm::Farm(std::uint16_t port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  here.sin_port = htons(port);
  socklen_t length = sizeof here;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&here), length) != 0 ||
      ::listen(listener_, 4096) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &length) != 0) {
    give_up("fake_farm: cannot listen");
  }
  port_ = ntohs(here.sin_port);
  poller_ = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = kListener;
  if (poller_ < 0 || ::epoll_ctl(poller_, EPOLL_CTL_ADD, listener_, &wanted) != 0) {
    give_up("fake_farm: epoll");
  }
}

Farm::~Farm() {
  slots_.clear();
  ::close(poller_);
  ::close(listener_);
}

void Farm::run() {
  std::signal(SIGPIPE, SIG_IGN);
  struct sigaction ending {};
  ending.sa_handler = [](int) { told_to_end = 1; };  // without SA_RESTART: the wait ends
  ::sigaction(SIGTERM, &ending, nullptr);
  ::sigaction(SIGINT, &ending, nullptr);
  std::array<epoll_event, 256> events;
  while (told_to_end == 0) {
    const int count = ::epoll_wait(poller_, events.data(), events.size(), wait_ms());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == kListener) {
        accept_all();
      } else if (const auto found = slots_.find(event.data.fd); found != slots_.end()) {
        settle(event.data.fd, found->second.peer->on_ready(event.events));
      }
    }
    tick();
  }
}

int Farm::wait_ms() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first -
                                                                 std::chrono::steady_clock::now());
  return left.count() < 0 ? 0 : static_cast<int>(left.count());
}

void Farm::tick() {
  const FarmTime now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const int fd = timers_.begin()->second;
    timers_.erase(timers_.begin());
    Slot& slot = slots_.at(fd);
    slot.due.reset();
    settle(fd, slot.peer->on_time());
  }
}

void Farm::accept_all() {
  for (;;) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const int fd = ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &length,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    sockaddr_in to{};
    length = sizeof to;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&to), &length);
    if (ntohl(from.sin_addr.s_addr) >> 24 != 127) {
      ::close(fd);
      continue;
    }
    welcome(fd, ntohl(to.sin_addr.s_addr));
  }
}

void Farm::welcome(int fd, std::uint32_t address) {
  const Role role = role_of(address);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (role.behaviour == Behaviour::reset) {
    const linger abruptly{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abruptly, sizeof abruptly);
    ::close(fd);
    return;
  }
  if (role.behaviour >= Behaviour::silent || role.behaviour == Behaviour::hang_up_at_exchange) {
    return add(make_raw_peer(fd, role));
  }
  int fd_of_host = fd;
  if (role.behaviour == Behaviour::corrupt) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) {
      give_up("fake_farm: socketpair");
    }
    Relay relay = make_corrupting_relay(fd, pair[0], role.number);
    add(std::move(relay.client_end));
    add(std::move(relay.server_end));
    fd_of_host = pair[1];
  }
  auto peer = make_ssh_peer(fd_of_host, role, dotted(address), keys_, asked_[address]);
  if (peer) add(std::move(peer));
}

void Farm::add(std::unique_ptr<Peer> peer) {
  const int fd = peer->fd();
  Slot& slot = slots_[fd];
  slot.peer = std::move(peer);
  slot.interest = slot.peer->interest();
  epoll_event wanted{};
  wanted.events = slot.interest;
  wanted.data.fd = fd;
  if (::epoll_ctl(poller_, EPOLL_CTL_ADD, fd, &wanted) != 0) give_up("fake_farm: epoll");
  settle(fd, true);
}

void Farm::settle(int fd, bool goes_on) {
  const auto found = slots_.find(fd);
  Slot& slot = found->second;
  const std::optional<FarmTime> due = goes_on ? slot.peer->due() : std::nullopt;
  if (slot.due != due) {
    if (slot.due) timers_.erase({*slot.due, fd});
    if (due) timers_.emplace(*due, fd);
    slot.due = due;
  }
  if (!goes_on) {
    slots_.erase(found);  // closing the descriptor takes it out of the poller
    return;
  }
  const std::uint32_t interest = slot.peer->interest();
  if (interest == slot.interest) return;
  slot.interest = interest;
  epoll_event wanted{};
  wanted.events = interest;
  wanted.data.fd = fd;
  ::epoll_ctl(poller_, EPOLL_CTL_MOD, fd, &wanted);
}

}  // namespace om::peers
