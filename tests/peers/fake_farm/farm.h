// SPDX-License-Identifier: MIT
//
// Farm: thousands of hosts in one process and one thread: listens on one port of every loopback
// address, and answers each connection as the address's behaviour says. Only who comes from
// loopback is answered. run() returns when the process is told to end (SIGTERM).
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "peers/fake_farm/behaviour.h"
#include "peers/fake_farm/peer.h"
#include "peers/fake_farm/ssh_peer.h"

namespace om::peers {

class Farm {
 public:
  /// Port 0: any. Ends the process, saying why, when it cannot listen.
  explicit Farm(std::uint16_t port);
  ~Farm();
  Farm(const Farm&) = delete;
  Farm& operator=(const Farm&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& public_line() const { return keys_.public_line(); }
  void run();

 private:
  struct Slot {
    std::unique_ptr<Peer> peer;
    std::uint32_t interest = 0;
    std::optional<FarmTime> due;
  };
  void accept_all();
  void welcome(int fd, std::uint32_t address);
  void add(std::unique_ptr<Peer> peer);
  /// After a call of the peer: takes note of what it waits for now, or lets it go.
  void settle(int fd, bool goes_on);
  void tick();
  int wait_ms() const;

  FarmKeys keys_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int poller_ = -1;
  std::unordered_map<int, Slot> slots_;
  std::set<std::pair<FarmTime, int>> timers_;
  std::unordered_map<std::uint32_t, std::uint64_t> asked_;  ///< commands by address
};

}  // namespace om::peers
