// SPDX-License-Identifier: MIT
//
// Resolver: names to addresses over c-ares on the reactor; never glibc (static binary, empty root).
// Numeric addresses and localhost answer without DNS; /etc/hosts is read. Belongs to the reactor's
// thread. The reactor must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "om/event/reactor.h"

namespace om::event {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  /// "127.0.0.1:22", "[::1]:22"
  std::string text() const;
};

/// "127.0.0.1", "::1", "[::1]", "fe80::1%eth0" with a port. Fails with "address.not_numeric" for a
/// name, "ssh.no_interface" where this machine has no such zone.
Result<SocketAddress> numeric_address(const std::string& host, std::uint16_t port);

class Resolver {
 public:
  /// At least one address, or why not ("ssh.name_not_found", "ssh.name_timed_out",
  /// "ssh.no_interface").
  using Answer = std::function<void(Result<std::vector<SocketAddress>>)>;
  /// Ends the question when destroyed: the answer is then never called.
  class Query {
   public:
    Query() = default;
    explicit Query(std::shared_ptr<bool> alive) : alive_(std::move(alive)) {}
    Query(Query&&) = default;
    Query& operator=(Query&& other) noexcept;
    ~Query() { cancel(); }
    void cancel();

   private:
    std::shared_ptr<bool>
        alive_;  ///< shared with the pending answer: false means nobody wants it any more
  };

  static Result<std::unique_ptr<Resolver>> create(Reactor& reactor);
  ~Resolver();
  /// Answers later, never before returning. Both address families, the system's order.
  Query resolve(const std::string& host, std::uint16_t port, Duration timeout, Answer answer);

 private:
  struct State;
  explicit Resolver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::event
