// SPDX-License-Identifier: MIT
//
// Agent: the keys of an ssh-agent (or of anything that speaks its protocol), asked on a thread of
// its own: an agent may hang, or wait for somebody's confirmation, and a reactor must not. Any
// thread may call it; answers come on the reactor that was given. Each question has a deadline; who
// was waiting behind one that passed is answered with it. Fails with key.agent_missing,
// key.agent_timed_out, key.agent_refused or key.agent_broken. Requires: every reactor that was
// given outlives the agent.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/ssh/signer.h"

namespace om::keys {

struct AgentOptions {
  std::string socket;  ///< its path, as in SSH_AUTH_SOCK
  Duration list = std::chrono::seconds(3);
  Duration sign = std::chrono::seconds(10);  ///< somebody may have to confirm
};

class Agent {
 public:
  using Identities = std::vector<std::shared_ptr<const ssh::Identity>>;

  explicit Agent(AgentOptions options);
  /// Questions not yet answered never are.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Its ed25519, ECDSA and RSA keys and their certificates, in its order.
  void list(event::Reactor& reactor, std::function<void(Result<Identities>)> answer);
  /// As ssh::Signer::sign().
  void sign(event::Reactor& reactor, const ssh::Identity& identity, const std::string& algorithm,
            std::string data, ssh::Signer::Answer answer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace om::keys
