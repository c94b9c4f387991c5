// SPDX-License-Identifier: MIT
//
// Signer: what an SSH login needs from whoever holds the private keys. Declared here, implemented
// by keys (sealed keys, decrypted once, on a thread of its own), so that no private key enters the
// SSH code. All calls come from a reactor's thread and return at once; sign() answers later on the
// same reactor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "om/base/result.h"

namespace om::event {
class Reactor;
}

namespace om::ssh {

/// A public key that can be offered. Immutable; shared by all sessions that offer it.
struct Identity {
  std::string credential;  ///< the name an operator knows it by
  std::string algorithm;   ///< "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"
  std::string blob;        ///< the SSH wire form of the public key
};

class Signer {
 public:
  /// The signature as SSH carries it after the algorithm name: 64 bytes for ed25519, the DER-free
  /// mpint pair for ECDSA, the PKCS#1 bytes for RSA.
  using Answer = std::function<void(Result<std::string> signature)>;
  virtual ~Signer() = default;
  /// The keys to offer, in order, for a credential's name; empty name: every key there is, at most
  /// five.
  virtual Result<std::vector<std::shared_ptr<const Identity>>> identities(
      const std::string& credential) = 0;
  /// `algorithm` is what the server wants ("rsa-sha2-512" for an ssh-rsa key). Never answers before
  /// returning.
  virtual void sign(event::Reactor& reactor, const Identity& identity, const std::string& algorithm,
                    std::string data, Answer answer) = 0;
};

}  // namespace om::ssh
