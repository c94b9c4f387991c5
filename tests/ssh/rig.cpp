// SPDX-License-Identifier: MIT
//
// Driving the loop, and the usual steps.
#include "ssh/rig.h"

#include <gtest/gtest.h>

#include "om/keys/private_key.h"

namespace om::ssh {

Rig::Rig()
    : reactor(event::Reactor::create(clock).value()),
      resolver(event::Resolver::create(*reactor).value()),
      signer(std::make_unique<keys::KeySigner>()) {}

bool Rig::run_until(const std::function<bool()>& is_so, Duration at_most) {
  const MonotonicTime end = clock.now() + at_most;
  while (!is_so()) {
    if (clock.now() >= end) return false;
    reactor->turn(std::chrono::milliseconds(20));
  }
  return true;
}

void Rig::run_for(Duration duration) {
  const MonotonicTime end = clock.now() + duration;
  while (clock.now() < end) reactor->turn(std::chrono::milliseconds(5));
}

void Rig::add_key(peers::Sshd& sshd) { add_key("test", sshd.authorized_key({})); }

void Rig::add_key(const std::string& name, const peers::KeyPair& pair,
                  const std::string& passphrase) {
  auto key = keys::PrivateKey::parse(peers::read_file(pair.private_path), Secret(passphrase));
  ASSERT_TRUE(key) << key.error().message;
  signer->set(name, *std::move(key));
}

Offer Rig::offer(const std::string& credential) {
  std::optional<Result<Offer>> answer;
  signer->offer(*reactor, credential,
                [&answer](Result<Offer> result) { answer = std::move(result); });
  run_until([&answer] { return answer.has_value(); });
  EXPECT_TRUE(answer && *answer);
  return answer && *answer ? **answer : Offer{};
}

SessionTarget Rig::target(const peers::Sshd& sshd) const {
  SessionTarget target;
  target.address = "127.0.0.1";
  target.port = sshd.port();
  target.login = sshd.login();
  return target;
}

std::unique_ptr<WatchedSession> Rig::start(SessionTarget target, SessionDeadlines deadlines) {
  auto watched = std::make_unique<WatchedSession>();
  watched->session = Session::start(services(), std::move(target), deadlines, *watched);
  return watched;
}

std::unique_ptr<WatchedSession> Rig::log_in(const peers::Sshd& sshd, SessionDeadlines deadlines) {
  auto watched = start(target(sshd), deadlines);
  WatchedSession& session = *watched;
  run_until([&session] { return session.ready || session.is_over(); });
  EXPECT_TRUE(session.ready) << (session.failed ? session.failed->message : "no answer") << "\n"
                             << sshd.log();
  return watched;
}

std::unique_ptr<WatchedExec> Rig::exec(WatchedSession& session, const std::string& command) {
  ExecOptions options;
  options.command = command;
  return exec(session, std::move(options));
}

std::unique_ptr<WatchedExec> Rig::exec(WatchedSession& session, ExecOptions options) {
  auto watched = std::make_unique<WatchedExec>();
  watched->channel = session.session->exec(std::move(options), *watched);
  return watched;
}

std::unique_ptr<WatchedExec> Rig::run(WatchedSession& session, const std::string& command) {
  auto watched = exec(session, command);
  watched->channel->finish_writing();
  const WatchedExec& running = *watched;
  EXPECT_TRUE(run_until([&running] { return running.is_over(); })) << command;
  if (running.error) ADD_FAILURE() << command << ": " << running.error->message;
  return watched;
}

}  // namespace om::ssh
