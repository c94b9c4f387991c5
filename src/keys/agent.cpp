// SPDX-License-Identifier: MIT
//
// The protocol's two questions, and the thread that asks them.
#include "om/keys/agent.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "keys/agent_connection.h"

#include "om/event/reactor.h"
#include "om/keys/certificate.h"
#include "om/model/inventory.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr char kFailure = 5;
constexpr std::uint32_t kRsaSha256 = 2;
constexpr std::uint32_t kRsaSha512 = 4;
constexpr std::uint32_t kMostKeys = 1000;

constexpr std::array<std::string_view, 5> kPlainAlgorithms = {
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"};

Error broken() {
  return fail(Errc::disconnected, "key.agent_broken", "the ssh-agent's answer makes no sense");
}

/// Null for what cannot be offered: keys on security tokens (sk-...), DSA.
std::shared_ptr<const ssh::Identity> identity_from(std::string_view blob) {
  ssh::Identity identity;
  identity.credential = kAgentCredential;
  identity.algorithm = ssh::WireReader(blob).string();
  identity.blob = blob;
  if (is_certificate_algorithm(identity.algorithm)) {
    const Result<Certificate> certificate = certificate_from_blob(blob);
    if (!certificate) return nullptr;
    identity.certificate = ssh::CertificateFacts{
        certificate->principals, certificate->valid_after_ms, certificate->valid_before_ms};
  } else if (std::find(kPlainAlgorithms.begin(), kPlainAlgorithms.end(), identity.algorithm) ==
             kPlainAlgorithms.end()) {
    return nullptr;
  }
  return std::make_shared<const ssh::Identity>(std::move(identity));
}

Result<Agent::Identities> identities_from(std::string_view answer) {
  ssh::WireReader reader(answer);
  if (reader.byte() != kIdentitiesAnswer) return broken();
  const std::uint32_t count = reader.u32();
  if (count > kMostKeys) return broken();
  Agent::Identities identities;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view blob = reader.string();
    reader.string();  // the key's comment
    if (!reader.ok()) return broken();
    if (auto identity = identity_from(blob)) identities.push_back(std::move(identity));
  }
  return identities;
}

std::uint32_t flags_for(const std::string& algorithm) {
  if (algorithm == "rsa-sha2-512") return kRsaSha512;
  return algorithm == "rsa-sha2-256" ? kRsaSha256 : 0;
}

Result<std::string> signature_from(std::string_view answer, const std::string& algorithm) {
  ssh::WireReader reader(answer);
  const auto type = static_cast<char>(reader.byte());
  if (type == kFailure) {
    return fail(Errc::forbidden, "key.agent_refused",
                "the ssh-agent would not sign; is it locked, or was the confirmation denied?");
  }
  if (type != kSignResponse) return broken();
  ssh::WireReader signature(reader.string());
  const std::string_view made_with = signature.string();
  const std::string_view bytes = signature.string();
  if (!reader.ok() || !signature.ok()) return broken();
  if (made_with != algorithm) {
    return fail(
        Errc::invalid_argument, "key.agent_refused",
        "the ssh-agent cannot sign with " + algorithm + "; use a newer one, or an ed25519 key");
  }
  return std::string(bytes);
}

}  // namespace

struct Agent::State {
  explicit State(AgentOptions o) : options(std::move(o)), connection(options.socket) {}

  struct Question {
    std::string bytes;
    Duration deadline;
    MonotonicTime asked;
    /// Takes the answer to its reactor.
    std::function<void(Result<std::string>)> answer;
  };

  const AgentOptions options;
  AgentConnection connection;
  SystemClock clock;
  std::mutex mutex;  // guards the next two
  std::deque<Question> questions;
  bool stopping = false;
  std::condition_variable arrived;
  std::thread thread;

  void put(std::string bytes, Duration deadline, std::function<void(Result<std::string>)> answer) {
    {
      const std::lock_guard lock(mutex);
      questions.push_back({std::move(bytes), deadline, clock.now(), std::move(answer)});
    }
    arrived.notify_one();
  }

  void run() {
    std::optional<Error> timed_out;
    MonotonicTime timed_out_at{};
    std::unique_lock lock(mutex);
    for (;;) {
      arrived.wait(lock, [this] { return stopping || !questions.empty(); });
      if (stopping) return;
      Question question = std::move(questions.front());
      questions.pop_front();
      lock.unlock();
      if (timed_out && question.asked < timed_out_at) {
        question.answer(*timed_out);
      } else {
        Result<std::string> answer = connection.ask(question.bytes, question.deadline);
        if (!answer && answer.error().code == Errc::timed_out) {
          timed_out = answer.error();
          timed_out_at = clock.now();
        }
        question.answer(std::move(answer));
      }
      lock.lock();
    }
  }
};

Agent::Agent(AgentOptions options) : state_(std::make_unique<State>(std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Agent::~Agent() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->connection.interrupt();
  state_->arrived.notify_all();
  state_->thread.join();
}

void Agent::list(event::Reactor& reactor, std::function<void(Result<Identities>)> answer) {
  state_->put(std::string(1, kRequestIdentities), state_->options.list,
              [&reactor, answer = std::move(answer)](Result<std::string> bytes) {
                reactor.post([answer, identities = bytes ? identities_from(*bytes)
                                                         : Result<Identities>(bytes.error())] {
                  answer(identities);
                });
              });
}

void Agent::sign(event::Reactor& reactor, const ssh::Identity& identity,
                 const std::string& algorithm, std::string data, ssh::Signer::Answer answer) {
  std::string question(1, kSignRequest);
  ssh::append_string(question, identity.blob);
  ssh::append_string(question, data);
  ssh::append_u32(question, flags_for(algorithm));
  state_->put(std::move(question), state_->options.sign,
              [&reactor, algorithm, answer = std::move(answer)](Result<std::string> bytes) {
                reactor.post([answer, signature = bytes ? signature_from(*bytes, algorithm)
                                                        : std::move(bytes)] { answer(signature); });
              });
}

}  // namespace om::keys
