// SPDX-License-Identifier: MIT
#include "om/http/listener.h"

#include <cerrno>
#include <utility>

#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/text.h"
#include "om/event/resolver.h"

namespace om::http {
namespace {

Error bind_error(const std::string& address, int error_number) {
  const std::string where = fmt::format("listen on {}", address);
  switch (error_number) {
    case EADDRINUSE:
      return fail(
          Errc::conflict, "http.port_in_use",
          where + ": another program has this port; stop it, or choose another with --listen");
    case EACCES:
      return fail(Errc::forbidden, "http.port_forbidden",
                  where + ": only root may use a port below 1024; choose another with --listen");
    case EADDRNOTAVAIL:
      return fail(Errc::invalid_argument, "http.address_not_here",
                  where + ": this machine has no such address");
    default:
      return error_from_errno(where, error_number);
  }
}

Result<event::SocketAddress> parse_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const auto refused = [&] {
    return fail(Errc::invalid_argument, "http.listen_address",
                fmt::format("listen on {}: give an address and a port, such as 127.0.0.1:8080 or "
                            "[::1]:8080; names are not looked up",
                            address));
  };
  if (colon == std::string::npos) return refused();
  const auto port = text::parse_int(address.substr(colon + 1));
  std::string host = address.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!port || *port < 0 || *port > 65535 || (host.find(':') != std::string::npos && !bracketed)) {
    return refused();
  }
  auto parsed = event::numeric_address(host, static_cast<std::uint16_t>(*port));
  if (!parsed) return refused();
  return parsed;
}

}  // namespace

Listener::Listener(Fd socket, api::Entry entry, std::string address, std::string path_to_remove)
    : socket_(std::move(socket)),
      entry_(entry),
      address_(std::move(address)),
      path_to_remove_(std::move(path_to_remove)) {}

Listener::Listener(Listener&& other) noexcept
    : socket_(std::move(other.socket_)),
      entry_(other.entry_),
      address_(std::move(other.address_)),
      path_to_remove_(std::exchange(other.path_to_remove_, {})) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    close();
    socket_ = std::move(other.socket_);
    entry_ = other.entry_;
    address_ = std::move(other.address_);
    path_to_remove_ = std::exchange(other.path_to_remove_, {});
  }
  return *this;
}

void Listener::close() {
  socket_.reset();
  if (!path_to_remove_.empty()) ::unlink(path_to_remove_.c_str());
  path_to_remove_.clear();
}

Result<Listener> listen_tcp(const std::string& address) {
  OM_TRY_SET(event::SocketAddress bound, parse_address(address));
  Fd socket(::socket(bound.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return bind_error(address, errno);
  const int on = 1;
  // Without it a restart would have to wait until the old connections are forgotten.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bound.storage.ss_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&bound.storage), bound.length) != 0 ||
      ::listen(socket.get(), kListenBacklog) != 0) {
    return bind_error(address, errno);
  }
  bound.length = sizeof bound.storage;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) !=
      0) {
    return bind_error(address, errno);
  }
  return Listener(std::move(socket), api::Entry::tcp, bound.text(), "");
}

}  // namespace om::http
