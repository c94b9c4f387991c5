// SPDX-License-Identifier: MIT
//
// Non-blocking connects, one at a time.
#include "ssh/connector.h"

#include <algorithm>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "om/base/errno_error.h"

namespace om::ssh {
namespace {

void set_option(int fd, int level, int option, int value) {
  // An option that a kernel lacks costs time or notice, never correctness.
  ::setsockopt(fd, level, option, &value, sizeof value);
}

/// A dead peer is noticed within 30 s, whether we are sending or waiting.
void set_socket_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

Error connect_error(const std::string& address, int error_number) {
  const std::string what = "connect to " + address + ": ";
  switch (error_number) {
    case ECONNREFUSED:
      return fail(Errc::disconnected, "ssh.connect_refused",
                  what + "connection refused; is sshd running there, and is the port right?");
    case ETIMEDOUT:
      return fail(Errc::timed_out, "ssh.connect_timed_out",
                  what + "no answer in time; is the host up, and does a firewall let us through?");
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return fail(Errc::disconnected, "ssh.no_route",
                  what + errno_text(error_number) +
                      "; check the host's address and the controller's network");
    default:
      return fail(Errc::io, "ssh.connect_failed", what + errno_text(error_number));
  }
}

}  // namespace

std::vector<event::SocketAddress> in_happy_order(std::vector<event::SocketAddress> addresses) {
  if (addresses.empty()) return addresses;
  const auto first_family = addresses.front().storage.ss_family;
  const auto second = std::stable_partition(addresses.begin(), addresses.end(),
                                            [first_family](const event::SocketAddress& address) {
                                              return address.storage.ss_family == first_family;
                                            });
  std::vector<event::SocketAddress> order;
  auto one = addresses.begin();
  auto other = second;
  while (one != second || other != addresses.end()) {
    if (one != second) order.push_back(*one++);
    if (other != addresses.end()) order.push_back(*other++);
  }
  return order;
}

Connector::Connector(event::Reactor& reactor, event::Resolver& resolver, Options options,
                     Answer answer)
    : reactor_(reactor), options_(std::move(options)), answer_(std::move(answer)) {
  query_ = resolver.resolve(options_.host, options_.port, options_.resolve,
                            [this](Result<std::vector<event::SocketAddress>> addresses) {
                              on_addresses(std::move(addresses));
                            });
}

void Connector::on_addresses(Result<std::vector<event::SocketAddress>> addresses) {
  if (!addresses) return finish(std::move(addresses).error());
  addresses_ = in_happy_order(*std::move(addresses));
  deadline_ = reactor_.clock().now() + options_.connect;
  try_next();
}

Duration Connector::time_left() const {
  return std::max(deadline_ - reactor_.clock().now(), Duration::zero());
}

void Connector::try_next() {
  if (next_ == addresses_.size()) {
    return finish(last_error_.value_or(
        fail(Errc::not_found, "ssh.name_not_found", "'" + options_.host + "' has no address")));
  }
  const event::SocketAddress& address = addresses_[next_++];
  socket_ = Fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_.is_open()) return on_attempt_failed(errno);
  set_socket_options(socket_.get());
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.storage),
                address.length) != 0 &&
      errno != EINPROGRESS) {
    return on_attempt_failed(errno);
  }
  watch_ =
      reactor_.watch(socket_.get(), event::kWritable, [this](std::uint32_t) { on_writable(); });
  // The addresses that are left share the time that is left.
  const auto attempts = static_cast<std::int64_t>(addresses_.size() - next_ + 1);
  timer_ = reactor_.after(time_left() / attempts, [this] { on_attempt_failed(ETIMEDOUT); });
}

void Connector::on_writable() {
  int error_number = 0;
  socklen_t length = sizeof error_number;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error_number, &length);
  if (error_number != 0) return on_attempt_failed(error_number);
  finish(Connected{std::move(socket_), addresses_[next_ - 1].text()});
}

void Connector::on_attempt_failed(int error_number) {
  last_error_ = connect_error(addresses_[next_ - 1].text(), error_number);
  watch_.cancel();
  socket_.reset();
  try_next();
}

void Connector::finish(Result<Connected> result) {
  watch_.cancel();
  timer_.cancel();
  const Answer answer = std::move(answer_);
  answer(std::move(result));
}

}  // namespace om::ssh
