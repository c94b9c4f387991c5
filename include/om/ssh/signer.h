// SPDX-License-Identifier: MIT
//
// Signer: what an SSH login needs from whoever holds the credentials. Declared here, implemented by
// keys (sealed keys, decrypted once, on a thread of its own), so that no private key enters the SSH
// code; a password has to, and does so as a Secret that goes with the login. All calls come from a
// reactor's thread and return at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/base/secret.h"

namespace om::event {
class Reactor;
}

namespace om::ssh {

/// What a user certificate says of itself, for messages.
struct CertificateFacts {
  std::vector<std::string> principals;
  WallMs valid_after_ms = 0;
  WallMs valid_before_ms = 0;  ///< 0: for ever
};

/// A public key that can be offered, or a certificate. Immutable; shared by all sessions that offer
/// it.
struct Identity {
  std::string credential;  ///< the name an operator knows it by
  std::string algorithm;   ///< "ssh-ed25519", "ssh-rsa", "ssh-rsa-cert-v01@openssh.com"
  std::string blob;        ///< the SSH wire form of the public key or certificate
  std::optional<CertificateFacts> certificate;
};

/// What a login may try.
struct Offer {
  std::vector<std::shared_ptr<const Identity>> identities;  ///< in the order to offer them
  std::optional<Secret> password;  ///< where the credential is one: then there are no identities
  std::string missing;  ///< what could not be had, for messages: "the ssh-agent ..."; or empty
};

class Signer {
 public:
  using OfferAnswer = std::function<void(Result<Offer> offer)>;
  /// The signature as SSH carries it after the algorithm name: 64 bytes for ed25519, the DER-free
  /// mpint pair for ECDSA, the PKCS#1 bytes for RSA.
  using Answer = std::function<void(Result<std::string> signature)>;
  virtual ~Signer() = default;
  /// What goes with a credential's name; empty name: every key there is, at most five. Answers
  /// before it returns where it can, else later on the same reactor.
  virtual void offer(event::Reactor& reactor, const std::string& credential,
                     OfferAnswer answer) = 0;
  /// `algorithm` is the key's, as the server wants it ("rsa-sha2-512" for an ssh-rsa key or its
  /// certificate). Answers later on the
  /// same reactor, never before returning.
  virtual void sign(event::Reactor& reactor, const Identity& identity, const std::string& algorithm,
                    std::string data, Answer answer) = 0;
  /// Changes whenever a credential is added, replaced or removed: sessions that logged in before
  /// are not lent again.
  virtual std::uint64_t revision() const { return 0; }
  /// The password of that name, for what asks for one after the login (sudo, su, doas).
  virtual Result<Secret> password(const std::string& credential) = 0;
};

}  // namespace om::ssh
