// SPDX-License-Identifier: MIT
//
// What every session test needs: a reactor with a resolver, a signer with keys, host keys that are
// as the test wants them, and observers that write down what they were told. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peers/sshd_fixture.h"

#include "om/base/clock.h"
#include "om/event/reactor.h"
#include "om/event/resolver.h"
#include "om/keys/key_signer.h"
#include "om/ssh/exec.h"
#include "om/ssh/host_keys.h"
#include "om/ssh/session.h"
#include "om/ssh/signer.h"

namespace om::ssh {

/// Says what it was told to say about every key, and remembers what it was asked.
class ScriptedHostKeys final : public HostKeys {
 public:
  std::vector<std::string> known_types(const HostKeyName& name) const override {
    asked_types.push_back(name);
    return types;
  }
  HostKeyAnswer check(const HostKeyName& name, const HostKey& key) override {
    asked.push_back(name);
    offered.push_back(key);
    HostKeyAnswer answer;
    answer.verdict = verdict;
    answer.name = name.host;
    answer.fingerprint = "SHA256:offered";
    answer.known_fingerprint = "SHA256:known";
    answer.where = "known_hosts:7";
    return answer;
  }

  bool is_right(const HostKeyName& name, const HostKey&) const override {
    asked_again.push_back(name);
    return verdict == HostKeyVerdict::ok;
  }

  HostKeyVerdict verdict = HostKeyVerdict::ok;
  mutable std::vector<HostKeyName> asked_again;
  std::vector<std::string> types;
  mutable std::vector<HostKeyName> asked_types;
  std::vector<HostKeyName> asked;
  std::vector<HostKey> offered;
};

/// A session and what its observer was told.
class WatchedSession final : public SessionObserver {
 public:
  void on_session_ready() override {
    ready = true;
    if (when_ready) when_ready();
  }
  void on_session_failed(Error error) override {
    failed = std::move(error);
    if (when_over) when_over();
  }
  void on_session_lost(Error error) override {
    lost = std::move(error);
    if (when_over) when_over();
  }
  void on_session_closed() override {
    closed = true;
    if (when_over) when_over();
  }
  bool is_over() const { return failed || lost || closed; }

  bool ready = false;
  std::optional<Error> failed;
  std::optional<Error> lost;
  bool closed = false;
  std::function<void()> when_ready;
  std::function<void()> when_over;
  std::unique_ptr<Session> session;
};

/// A command and what its observer was told.
class WatchedExec final : public ExecObserver {
 public:
  void on_exec_started() override {
    started = true;
    if (when_started) when_started();
  }
  void on_exec_output(Stream stream, std::string_view bytes) override {
    (stream == Stream::out ? out : err) += bytes;
    if (when_output) when_output();
  }
  void on_exec_sent() override {
    ++sent;
    if (when_sent) when_sent();
  }
  void on_exec_ended(Result<ExecStatus> result) override {
    ++ends;
    if (result) {
      status = *result;
    } else {
      error = result.error();
    }
    if (when_ended) when_ended();
  }
  bool is_over() const { return ends > 0; }

  bool started = false;
  std::string out;
  std::string err;
  int sent = 0;
  int ends = 0;
  std::optional<ExecStatus> status;
  std::optional<Error> error;
  std::function<void()> when_started;
  std::function<void()> when_output;
  std::function<void()> when_sent;
  std::function<void()> when_ended;
  std::unique_ptr<ExecChannel> channel;
};

class Rig {
 public:
  Rig();

  /// Drives the loop until it is so; false when it is not within the time.
  bool run_until(const std::function<bool()>& is_so, Duration at_most = std::chrono::seconds(30));
  /// Drives the loop for that long.
  void run_for(Duration duration);

  /// Adds an authorised ed25519 key under the name "test".
  void add_key(peers::Sshd& sshd);
  void add_key(const std::string& name, const peers::KeyPair& pair,
               const std::string& passphrase = {});
  /// What the signer has for that credential.
  Offer offer(const std::string& credential);
  SessionTarget target(const peers::Sshd& sshd) const;
  SessionServices services() { return {*reactor, *resolver, host_keys, *signer}; }

  std::unique_ptr<WatchedSession> start(SessionTarget target, SessionDeadlines deadlines = {});
  /// Starts and waits until it is ready; reports a test failure when it is not.
  std::unique_ptr<WatchedSession> log_in(const peers::Sshd& sshd, SessionDeadlines deadlines = {});
  std::unique_ptr<WatchedExec> exec(WatchedSession& session, const std::string& command);
  std::unique_ptr<WatchedExec> exec(WatchedSession& session, ExecOptions options);
  /// Runs one command to its end, with nothing on its standard input.
  std::unique_ptr<WatchedExec> run(WatchedSession& session, const std::string& command);

  SystemClock clock;
  std::unique_ptr<event::Reactor> reactor;
  std::unique_ptr<event::Resolver> resolver;
  ScriptedHostKeys host_keys;
  std::unique_ptr<keys::KeySigner> signer;
};

/// Leaves the test as skipped where no sshd can run.
#define OM_START_SSHD(VAR, ...)                                 \
  auto VAR##_start = ::om::peers::Sshd::start(__VA_ARGS__);     \
  if (!VAR##_start.server) GTEST_SKIP() << VAR##_start.why_not; \
  ::om::peers::Sshd& VAR = *VAR##_start.server

}  // namespace om::ssh
