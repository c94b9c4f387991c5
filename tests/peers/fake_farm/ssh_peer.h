// SPDX-License-Identifier: MIT
//
// SshPeer: a host of the farm with which one can log in and run carried scripts, on libssh's server
// side. It takes every public key, and plays the host's part of the carrier (docs/carrier.md)
// without running anything: begin marks, the behaviour's output, end marks. Any number of commands,
// one after the other or at the same time. A stop for one of them is answered and obeyed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "peers/fake_farm/behaviour.h"
#include "peers/fake_farm/peer.h"

namespace om::peers {

/// The keys that the farm's hosts show, made anew for each farm.
class FarmKeys {
 public:
  FarmKeys();
  ~FarmKeys();
  FarmKeys(const FarmKeys&) = delete;
  FarmKeys& operator=(const FarmKeys&) = delete;
  /// "ssh-ed25519 AAAA...", of the hosts that are not of the behaviour wrong_key.
  const std::string& public_line() const { return public_line_; }

  struct Binds;
  const Binds& binds() const { return *binds_; }

 private:
  std::unique_ptr<Binds> binds_;
  std::string public_line_;
};

/// `name`: what the host calls itself. `asked`: commands so far at this address, counted by the
/// peer. Requires: both outlive it. Null when the library refuses.
std::unique_ptr<Peer> make_ssh_peer(int fd, const Role& role, std::string name,
                                    const FarmKeys& keys, std::uint64_t& asked);

}  // namespace om::peers
