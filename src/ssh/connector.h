// SPDX-License-Identifier: MIT
//
// Connector: from a name to a connected socket: asks the resolver, then tries one address after the
// other, the families in turn (RFC 8305 without its head starts: a host's second address is rare,
// and both deadlines are short). Owned by a LiveSession; belongs to the reactor's thread; ends
// silently when destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "om/base/fd.h"
#include "om/base/result.h"
#include "om/event/reactor.h"
#include "om/event/resolver.h"

namespace om::ssh {

struct Connected {
  Fd socket;            ///< non-blocking, with the options an SSH session wants
  std::string address;  ///< "192.0.2.7:22"
};

/// The order in which to try: the first family first, then in turn. Pure.
std::vector<event::SocketAddress> in_happy_order(std::vector<event::SocketAddress> addresses);

class Connector {
 public:
  using Answer = std::function<void(Result<Connected>)>;
  struct Options {
    std::string host;
    std::uint16_t port = 22;
    Duration resolve{};
    Duration connect{};
  };

  /// The answer comes once, from the loop; it may destroy the connector.
  Connector(event::Reactor& reactor, event::Resolver& resolver, Options options, Answer answer);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  void on_addresses(Result<std::vector<event::SocketAddress>> addresses);
  void try_next();
  void on_writable();
  void on_attempt_failed(int error_number);
  void finish(Result<Connected> result);
  Duration time_left() const;

  event::Reactor& reactor_;
  Options options_;
  Answer answer_;
  event::Resolver::Query query_;
  std::vector<event::SocketAddress> addresses_;
  std::size_t next_ = 0;
  MonotonicTime deadline_{};
  std::optional<Error> last_error_;
  Fd socket_;
  event::Watch watch_;
  event::Timer timer_;
};

}  // namespace om::ssh
