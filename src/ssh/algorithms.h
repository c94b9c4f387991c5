// SPDX-License-Identifier: MIT
//
// Algorithms: what a session proposes in the handshake, best first, as the comma-separated lists of
// RFC 4253. Pure. What is only good for servers as old as OpenSSH 5.3 comes in by a host's flag,
// and then last, so that a newer server is talked to as before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace om::ssh {

enum class AlgorithmSet {
  sound,
  /// Also SHA-1 in key exchange and signatures, CBC, 3DES and MD5 as a MAC. No DSA, RC4, Blowfish
  /// or CAST: every server that old has one of the others.
  with_legacy,
};

struct Algorithms {
  std::string key_exchanges;
  std::string host_keys;
  std::string ciphers;
  std::string macs;
};

/// Host keys of the types on file come first: a key of another type would be taken for a changed
/// one. Their own order is the usual one, as in ssh, so that a host with two keys on file shows the
/// same one to both.
Algorithms algorithms_to_propose(AlgorithmSet set, const std::vector<std::string>& known_types);
/// What to say when the server has nothing in common with that.
std::string_view remedy_for_no_common_algorithm(AlgorithmSet set);

}  // namespace om::ssh
