// SPDX-License-Identifier: MIT
//
// HostileServer: an SSH server of the test's own, with real keys, encryption and MACs, that follows
// the protocol but for one thing in each connection: a message is cut, bent, doubled, left out,
// framed with a wrong length or padding, or has a hostile one in front of it. What and where
// follows from the connection's number alone. It takes any key and runs nothing. Threads of its
// own; curve25519-sha256, ssh-ed25519, aes128-ctr, hmac-sha2-256 with MAC before or after.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace om::peers {

class HostileServer {
 public:
  /// Connections are numbered from `first` in the order in which they come.
  explicit HostileServer(unsigned first);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// Connections in which the login was reached: so many were hostile behind encryption.
  unsigned logins() const { return logins_; }

 private:
  void accept_all();

  std::uint16_t port_ = 0;
  int listener_ = -1;
  unsigned next_;
  std::atomic<unsigned> logins_{0};
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace om::peers
