// SPDX-License-Identifier: MIT
//
// Peers that never get as far as SSH: they say nothing, too little, or nonsense. See Behaviour.
#pragma once

#include <memory>

#include "peers/fake_farm/behaviour.h"
#include "peers/fake_farm/peer.h"

namespace om::peers {

/// Requires: a behaviour from `silent` on, but not reset; or hang_up_at_exchange.
std::unique_ptr<Peer> make_raw_peer(int fd, const Role& role);

/// Two peers that pass bytes between a client's connection and `server_fd`, inverting one byte of
/// what the server sends.
struct Relay {
  std::unique_ptr<Peer> client_end;
  std::unique_ptr<Peer> server_end;
};
Relay make_corrupting_relay(int client_fd, int server_fd, std::uint64_t place);

}  // namespace om::peers
