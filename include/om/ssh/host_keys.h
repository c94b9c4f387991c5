// SPDX-License-Identifier: MIT
//
// HostKeys: the verdict on a server's key, from the memory of an index; implemented by keys over
// known_hosts. Called on a reactor's thread between key exchange and login; must not block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace om::ssh {

/// Who the key should belong to.
struct HostKeyName {
  std::string host;  ///< the name or address connected to, or the host's host_key_alias
  std::uint16_t port = 22;
};

struct HostKey {
  std::string algorithm;  ///< "ssh-ed25519"
  std::string blob;       ///< SSH wire form
};

enum class HostKeyVerdict {
  ok,
  accepted,  ///< was unknown; recorded now (accept-new)
  unknown,   ///< never seen, and the policy is strict
  changed,   ///< only other keys are known, of whatever type
  revoked,   ///< marked @revoked
  only_ca,   ///< known only through a certificate authority, which cannot be verified here
};

struct HostKeyAnswer {
  HostKeyVerdict verdict = HostKeyVerdict::unknown;
  std::string name;               ///< as known_hosts has it: "web3", "[web3]:2222"
  std::string fingerprint;        ///< "SHA256:..." of the key offered
  std::string known_fingerprint;  ///< of the one on file, where it differs
  std::string where;              ///< "known_hosts:12", where a line decided
};

class HostKeys {
 public:
  virtual ~HostKeys() = default;
  /// Key types on file for the name, best first: asked for in the handshake, so that a second type
  /// is no false alarm.
  virtual std::vector<std::string> known_types(const HostKeyName& name) const = 0;
  virtual HostKeyAnswer check(const HostKeyName& name, const HostKey& key) = 0;
  /// Whether check() would answer ok now. Records nothing and tells nobody. Who cannot say, says
  /// no: no session is used twice then.
  virtual bool is_right(const HostKeyName&, const HostKey&) const { return false; }
};

}  // namespace om::ssh
