// SPDX-License-Identifier: MIT
//
// KeySigner: the private keys and passwords in memory, signing on a thread of its own, so that
// neither an RSA signature (milliseconds) nor a lock ever holds up a reactor. Any thread may call
// it. A key that was removed is no longer offered; signatures under way for it still answer, with
// an error. Names are those of credentials: a key and a password never share one.
// Requires: every reactor that was given to sign() outlives the signer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "om/keys/agent.h"
#include "om/keys/certificate.h"
#include "om/keys/private_key.h"
#include "om/ssh/signer.h"

namespace om::keys {

class KeySigner final : public ssh::Signer {
 public:
  /// `agent` may be null: there is none.
  explicit KeySigner(std::unique_ptr<Agent> agent = nullptr);
  /// Signatures not yet made are never answered.
  ~KeySigner();

  /// Replaces what has that name, if there is something.
  void set(std::string name, PrivateKey key);
  /// With its certificate, which is offered before the plain key. Requires: it is this key's.
  void set(std::string name, PrivateKey key, const Certificate& certificate);
  void set_password(std::string name, Secret password);
  void remove(const std::string& name);
  /// Replaces all keys.
  void reset(std::vector<std::pair<std::string, PrivateKey>> keys);

  /// "key.unknown" when there is none of that name; for the empty name the first five by name,
  /// filled up from the agent; for "agent" only those of the agent.
  void offer(event::Reactor& reactor, const std::string& credential, OfferAnswer answer) override;
  void sign(event::Reactor& reactor, const ssh::Identity& identity, const std::string& algorithm,
            std::string data, Answer answer) override;
  std::uint64_t revision() const override;
  /// "key.unknown" when there is none of that name, "key.no_password" when it is a key.
  Result<Secret> password(const std::string& credential) override;

 private:
  struct State;
  Result<ssh::Offer> stored(const std::string& credential) const;
  void offer_of_agent(event::Reactor& reactor, ssh::Offer stored, OfferAnswer answer);
  std::unique_ptr<State> state_;
};

}  // namespace om::keys
