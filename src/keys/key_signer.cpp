// SPDX-License-Identifier: MIT
//
// The keys and passwords by name, and the thread that signs.
#include "om/keys/key_signer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "om/event/reactor.h"
#include "om/model/inventory.h"

namespace om::keys {
namespace {

constexpr std::size_t kMostOffered = 5;

Error unknown(const std::string& credential) {
  return fail(Errc::not_found, "key.unknown",
              "there is no key or password named '" + credential +
                  "'; add it with 'omserver key add' or 'omserver credential add', or correct the "
                  "host's key");
}

ssh::Identity identity_of(const std::string& name, const Certificate& certificate) {
  return {name, certificate.algorithm, certificate.blob,
          ssh::CertificateFacts{certificate.principals, certificate.valid_after_ms,
                                certificate.valid_before_ms}};
}

}  // namespace

struct KeySigner::State {
  /// A key and how it is offered. Immutable. Owners: the map, and signatures under way.
  struct Held {
    PrivateKey key;
    std::vector<std::shared_ptr<const ssh::Identity>> identities;  ///< the certificate first

    bool is_offered_as(const std::string& blob) const {
      return std::any_of(identities.begin(), identities.end(),
                         [&blob](const auto& identity) { return identity->blob == blob; });
    }
  };
  struct Job {
    event::Reactor* reactor;
    std::shared_ptr<const Held> held;  ///< null: not there any more
    std::string algorithm;
    std::string data;
    Answer answer;
  };

  std::atomic<std::uint64_t> revision{0};

  std::mutex mutex;  // guards the next four
  std::map<std::string, std::shared_ptr<const Held>> keys;
  std::map<std::string, Secret> passwords;
  std::deque<Job> jobs;
  bool stopping = false;

  std::condition_variable arrived;
  std::thread thread;
  std::unique_ptr<Agent> agent;  ///< null: there is none

  static std::shared_ptr<const Held> hold(const std::string& name, PrivateKey key,
                                          const Certificate* certificate) {
    std::vector<std::shared_ptr<const ssh::Identity>> identities;
    if (certificate != nullptr) {
      identities.push_back(std::make_shared<const ssh::Identity>(identity_of(name, *certificate)));
    }
    const PublicKey& plain = key.public_key();
    identities.push_back(std::make_shared<const ssh::Identity>(
        ssh::Identity{name, plain.algorithm, plain.blob, std::nullopt}));
    return std::make_shared<const Held>(Held{std::move(key), std::move(identities)});
  }

  void put(std::string name, std::shared_ptr<const Held> held) {
    const std::lock_guard lock(mutex);
    passwords.erase(name);
    keys.insert_or_assign(std::move(name), std::move(held));
    ++revision;
  }

  static Result<std::string> signature(const Job& job) {
    if (!job.held) {
      return fail(Errc::not_found, "key.unknown", "the key was removed while it was in use");
    }
    return job.held->key.sign(job.algorithm, job.data);
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      arrived.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (stopping) return;
      Job job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job.reactor->post([answer = std::move(job.answer), result = signature(job)]() mutable {
        answer(std::move(result));
      });
      lock.lock();
    }
  }
};

KeySigner::KeySigner(std::unique_ptr<Agent> agent) : state_(std::make_unique<State>()) {
  state_->agent = std::move(agent);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

KeySigner::~KeySigner() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->arrived.notify_all();
  state_->thread.join();
}

void KeySigner::set(std::string name, PrivateKey key) {
  auto held = State::hold(name, std::move(key), nullptr);
  state_->put(std::move(name), std::move(held));
}

void KeySigner::set(std::string name, PrivateKey key, const Certificate& certificate) {
  auto held = State::hold(name, std::move(key), &certificate);
  state_->put(std::move(name), std::move(held));
}

void KeySigner::set_password(std::string name, Secret password) {
  const std::lock_guard lock(state_->mutex);
  state_->keys.erase(name);
  state_->passwords.insert_or_assign(std::move(name), std::move(password));
  ++state_->revision;
}

void KeySigner::remove(const std::string& name) {
  const std::lock_guard lock(state_->mutex);
  state_->keys.erase(name);
  state_->passwords.erase(name);
  ++state_->revision;
}

void KeySigner::reset(std::vector<std::pair<std::string, PrivateKey>> keys) {
  std::map<std::string, std::shared_ptr<const State::Held>> fresh;
  for (auto& [name, key] : keys)
    fresh.insert_or_assign(name, State::hold(name, std::move(key), nullptr));
  const std::lock_guard lock(state_->mutex);
  state_->keys.swap(fresh);
  ++state_->revision;
}

std::uint64_t KeySigner::revision() const { return state_->revision; }

Result<ssh::Offer> KeySigner::stored(const std::string& credential) const {
  const std::lock_guard lock(state_->mutex);
  ssh::Offer offer;
  if (credential.empty()) {
    for (const auto& [name, held] : state_->keys) {
      offer.identities.insert(offer.identities.end(), held->identities.begin(),
                              held->identities.end());
    }
    if (offer.identities.size() > kMostOffered) offer.identities.resize(kMostOffered);
    return offer;
  }
  const auto key = state_->keys.find(credential);
  const auto password = state_->passwords.find(credential);
  if (key != state_->keys.end()) {
    offer.identities = key->second->identities;
  } else if (password != state_->passwords.end()) {
    offer.password = password->second;
  } else {
    return unknown(credential);
  }
  return offer;
}

void KeySigner::offer(event::Reactor& reactor, const std::string& credential, OfferAnswer answer) {
  const bool only_agent = credential == kAgentCredential;
  if (only_agent && !state_->agent) {
    answer(fail(Errc::not_found, "key.agent_missing",
                "there is no ssh-agent: start the controller with SSH_AUTH_SOCK set, or name "
                "another credential"));
    return;
  }
  Result<ssh::Offer> offer = only_agent ? ssh::Offer() : stored(credential);
  const bool may_add = only_agent || (state_->agent && credential.empty());
  if (!offer || !may_add || offer->identities.size() == kMostOffered) {
    answer(std::move(offer));
  } else {
    offer_of_agent(reactor, *std::move(offer), std::move(answer));
  }
}

void KeySigner::offer_of_agent(event::Reactor& reactor, ssh::Offer stored, OfferAnswer answer) {
  state_->agent->list(reactor, [stored = std::move(stored),
                                answer = std::move(answer)](Result<Agent::Identities> identities) {
    ssh::Offer offer = stored;
    if (!identities) {
      offer.missing = identities.error().message;
    } else if (identities->empty()) {
      offer.missing = "the ssh-agent holds no key that can be used: add one to it with ssh-add";
    } else {
      for (const auto& identity : *identities) {
        const bool is_there =
            std::any_of(offer.identities.begin(), offer.identities.end(),
                        [&identity](const auto& other) { return other->blob == identity->blob; });
        if (!is_there && offer.identities.size() < kMostOffered)
          offer.identities.push_back(identity);
      }
    }
    answer(std::move(offer));
  });
}

Result<Secret> KeySigner::password(const std::string& credential) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->passwords.find(credential);
  if (found != state_->passwords.end()) return found->second;
  if (state_->keys.contains(credential)) {
    return fail(Errc::invalid_argument, "key.no_password",
                "'" + credential + "' is a key, and a password is needed here");
  }
  return unknown(credential);
}

void KeySigner::sign(event::Reactor& reactor, const ssh::Identity& identity,
                     const std::string& algorithm, std::string data, Answer answer) {
  if (identity.credential == kAgentCredential && state_->agent) {
    state_->agent->sign(reactor, identity, algorithm, std::move(data), std::move(answer));
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    std::shared_ptr<const State::Held> held;
    const auto found = state_->keys.find(identity.credential);
    // A key that was replaced meanwhile cannot sign for the one that was offered.
    if (found != state_->keys.end() && found->second->is_offered_as(identity.blob)) {
      held = found->second;
    }
    state_->jobs.push_back(
        {&reactor, std::move(held), algorithm, std::move(data), std::move(answer)});
  }
  state_->arrived.notify_one();
}

}  // namespace om::keys
