// SPDX-License-Identifier: MIT
//
// KeySigner: the private keys in memory, signing on a thread of its own, so that neither an RSA
// signature (milliseconds) nor a lock ever holds up a reactor. Any thread may call it. A key that
// was removed is no longer offered; signatures under way for it still answer, with an error.
// Requires: every reactor that was given to sign() outlives the signer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "om/keys/private_key.h"
#include "om/ssh/signer.h"

namespace om::keys {

class KeySigner final : public ssh::Signer {
 public:
  KeySigner();
  /// Signatures not yet made are never answered.
  ~KeySigner();

  /// Replaces the key of that name, if there is one.
  void set(std::string name, PrivateKey key);
  void remove(const std::string& name);
  /// Replaces all of them.
  void reset(std::vector<std::pair<std::string, PrivateKey>> keys);

  /// "key.unknown" when there is none of that name; for the empty name the first five by name.
  Result<std::vector<std::shared_ptr<const ssh::Identity>>> identities(
      const std::string& credential) override;
  void sign(event::Reactor& reactor, const ssh::Identity& identity, const std::string& algorithm,
            std::string data, Answer answer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace om::keys
