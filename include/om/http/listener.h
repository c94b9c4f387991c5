// SPDX-License-Identifier: MIT
//
// Listener: a bound and listening socket on its way to the Front. Move-only; destroying one closes
// it (and removes the file of a control socket). Made at start-up, in main's thread.
#pragma once

#include <string>

#include "om/api/request.h"
#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::http {

class Listener {
 public:
  Listener(Fd socket, api::Entry entry, std::string address, std::string path_to_remove);
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener() { close(); }

  int fd() const { return socket_.get(); }
  api::Entry entry() const { return entry_; }
  /// "127.0.0.1:8080" with the port really bound, or the path of the control socket.
  const std::string& address() const { return address_; }
  void close();

 private:
  Fd socket_;
  api::Entry entry_;
  std::string address_;
  std::string path_to_remove_;
};

/// How many connects the kernel holds until we accept them: a burst of browsers must not wait for
/// its SYNs to be sent again.
inline constexpr int kListenBacklog = 512;

/// Listens on "127.0.0.1:8080" or "[::1]:8080"; port 0 lets the kernel choose. Addresses only: a
/// name would need a resolver, and could be somebody else's tomorrow. Fails with invalid_argument
/// (no such address), conflict (the port is in use), forbidden (a port below 1024).
Result<Listener> listen_tcp(const std::string& address);

}  // namespace om::http
