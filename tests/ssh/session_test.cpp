// SPDX-License-Identifier: MIT
//
// Sessions with a real sshd: getting in, being kept out, and leaving.
#include "om/ssh/session.h"

#include <gtest/gtest.h>

#include "ssh/library_leaks.h"
#include "ssh/rig.h"

namespace om::ssh {
namespace {

using peers::KeyOptions;
using peers::KeyPair;
using peers::Sshd;
using peers::SshdOptions;
using std::chrono::seconds;

/// Waits until a session that cannot get in says so.
const Error& failure_of(Rig& rig, const WatchedSession& session) {
  static const Error none;
  EXPECT_TRUE(rig.run_until([&session] { return session.is_over(); }));
  EXPECT_FALSE(session.ready);
  EXPECT_TRUE(session.failed);
  return session.failed ? *session.failed : none;
}

struct KeyCase {
  const char* name;
  KeyOptions options;
  const char* algorithm;
};
void PrintTo(const KeyCase& key, std::ostream* os) { *os << key.name; }

class SessionKeyTest : public testing::TestWithParam<KeyCase> {};

TEST_P(SessionKeyTest, LogsInWithEachTypeOfKey) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key("test", sshd.authorized_key(GetParam().options), GetParam().options.passphrase);
  EXPECT_EQ(rig.offer("test").identities[0]->algorithm, GetParam().algorithm);
  auto session = rig.log_in(sshd);
  EXPECT_EQ(rig.run(*session, "echo in")->out, "in\n");
  EXPECT_EQ(session->session->facts().credential, "test");
}

KeyOptions key(const char* type, int bits, const char* format, const char* passphrase) {
  KeyOptions options;
  options.type = type;
  options.bits = bits;
  options.format = format;
  options.passphrase = passphrase;
  return options;
}

INSTANTIATE_TEST_SUITE_P(
    Types, SessionKeyTest,
    testing::Values(KeyCase{"Ed25519", key("ed25519", 0, "", ""), "ssh-ed25519"},
                    KeyCase{"Ed25519Encrypted", key("ed25519", 0, "", "secret"), "ssh-ed25519"},
                    KeyCase{"Ecdsa256", key("ecdsa", 256, "", ""), "ecdsa-sha2-nistp256"},
                    KeyCase{"Ecdsa384", key("ecdsa", 384, "PEM", ""), "ecdsa-sha2-nistp384"},
                    KeyCase{"Ecdsa521", key("ecdsa", 521, "PKCS8", ""), "ecdsa-sha2-nistp521"},
                    KeyCase{"Rsa3072", key("rsa", 3072, "", ""), "ssh-rsa"},
                    KeyCase{"Rsa3072PemEncrypted", key("rsa", 3072, "PEM", "secret"), "ssh-rsa"}),
    [](const auto& one) { return one.param.name; });

TEST(SessionTest, TellsWhatItLearned) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  const SessionFacts& facts = session->session->facts();
  EXPECT_EQ(facts.address, "127.0.0.1:" + std::to_string(sshd.port()));
  EXPECT_TRUE(facts.server_version.starts_with("SSH-2.0-OpenSSH")) << facts.server_version;
  EXPECT_EQ(facts.host_key_fingerprint, "SHA256:offered");
  ASSERT_EQ(rig.host_keys.offered.size(), 1u);
  EXPECT_EQ(rig.host_keys.offered[0].algorithm, "ssh-ed25519");
}

TEST(SessionTest, OffersSeveralKeysInTurn) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key("a", peers::make_key(sshd.folder() + "/a", key("rsa", 2048, "", "")));
  rig.add_key("b", peers::make_key(sshd.folder() + "/b", {}));
  rig.add_key("c", sshd.authorized_key({}));
  auto session = rig.log_in(sshd);
  EXPECT_EQ(session->session->facts().credential, "c");
}

TEST(SessionTest, SaysWhichKeysWereRefusedAndWhatTheServerTakes) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key("deploy", peers::make_key(sshd.folder() + "/other", {}));
  auto session = rig.start(rig.target(sshd));
  const Error& error = failure_of(rig, *session);
  EXPECT_EQ(error.reason, "ssh.login_refused");
  EXPECT_EQ(error.code, Errc::unauthorized);
  EXPECT_NE(error.message.find("'deploy' (ssh-ed25519) and accepts: publickey"), std::string::npos)
      << error.message;
}

TEST(SessionTest, PassesOnTheServersWordsWhenItHadEnoughTries) {
  SshdOptions options;
  options.config = {"MaxAuthTries 2"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  for (const char* name : {"a", "b", "c", "d"}) {
    rig.add_key(name, peers::make_key(sshd.folder() + "/" + name, {}));
  }
  auto session = rig.start(rig.target(sshd));
  const Error& error = failure_of(rig, *session);
  EXPECT_EQ(error.reason, "ssh.login_refused");
  EXPECT_NE(error.message.find("Too many authentication failures"), std::string::npos)
      << error.message;
}

TEST(SessionTest, OffersAtMostFiveKeys) {
  SshdOptions options;
  options.config = {"MaxAuthTries 20"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  for (int i = 0; i < 7; ++i) {
    const std::string name = "key" + std::to_string(i);
    rig.add_key(name, peers::make_key(sshd.folder() + "/" + name, {}));
  }
  auto session = rig.start(rig.target(sshd));
  EXPECT_EQ(failure_of(rig, *session).reason, "ssh.login_refused");
  std::size_t tries = 0;
  const std::string log = sshd.log();
  for (std::size_t at = 0; (at = log.find("Failed publickey", at)) != log.npos; ++at) ++tries;
  EXPECT_EQ(tries, 5u) << log;
}

TEST(SessionTest, NeedsAKey) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  auto session = rig.start(rig.target(sshd));
  EXPECT_EQ(failure_of(rig, *session).reason, "ssh.no_credential");
  SessionTarget target = rig.target(sshd);
  target.credential = "nobody has this";
  auto other = rig.start(target);
  const Error& error = failure_of(rig, *other);
  EXPECT_EQ(error.reason, "ssh.no_credential");
  EXPECT_NE(error.message.find("'nobody has this'"), std::string::npos) << error.message;
}

class SessionVerdictTest : public testing::TestWithParam<std::pair<HostKeyVerdict, const char*>> {};

TEST_P(SessionVerdictTest, StopsBeforeAnyCredentialIsOffered) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  rig.host_keys.verdict = GetParam().first;
  auto session = rig.start(rig.target(sshd));
  const Error& error = failure_of(rig, *session);
  EXPECT_EQ(error.reason, GetParam().second);
  EXPECT_NE(error.message.find("SHA256:offered"), std::string::npos) << error.message;
  EXPECT_TRUE(sshd.wait_for_log("[preauth]", seconds(5)));
  const std::string log = sshd.log();
  EXPECT_EQ(log.find("publickey"), log.npos) << log;
  EXPECT_EQ(log.find(sshd.login()), log.npos) << log;
}

INSTANTIATE_TEST_SUITE_P(Verdicts, SessionVerdictTest,
                         testing::Values(std::pair{HostKeyVerdict::changed, "ssh.host_key_changed"},
                                         std::pair{HostKeyVerdict::unknown, "ssh.host_key_unknown"},
                                         std::pair{HostKeyVerdict::revoked, "ssh.host_key_revoked"},
                                         std::pair{HostKeyVerdict::only_ca,
                                                   "ssh.host_key_only_ca"}));

TEST(SessionTest, AsksForTheHostKeyTypesThatAreOnFile) {
  SshdOptions options;
  options.host_keys = {key("ed25519", 0, "", ""), key("ecdsa", 256, "", ""),
                       key("rsa", 2048, "", "")};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  for (const char* type : {"ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"}) {
    rig.host_keys.types = {type};
    auto session = rig.log_in(sshd);
    EXPECT_EQ(rig.host_keys.offered.back().algorithm, type);
  }
}

TEST(SessionTest, LogsInToAServerThatHasOnlyAnRsaHostKey) {
  SshdOptions options;
  options.host_keys = {key("rsa", 2048, "", "")};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  EXPECT_EQ(rig.host_keys.offered[0].algorithm, "ssh-rsa");
}

TEST(SessionTest, KeepsTheKeyOfAnAliasWithoutAPort) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  SessionTarget target = rig.target(sshd);
  target.host_key_alias = "behind-jump-1";
  auto session = rig.start(target);
  EXPECT_TRUE(rig.run_until([&session] { return session->ready; }));
  EXPECT_EQ(rig.host_keys.asked[0].host, "behind-jump-1");
  EXPECT_EQ(rig.host_keys.asked[0].port, 22);
  EXPECT_EQ(rig.host_keys.asked_types[0].host, "behind-jump-1");
}

class SessionAlgorithmTest : public testing::TestWithParam<const char*> {};

TEST_P(SessionAlgorithmTest, WorksWithAServerThatTakesNothingElse) {
  const LibraryLeaks allowed;
  SshdOptions options;
  options.config = {GetParam()};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  const auto ran = rig.run(*session, "head -c 300000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(ran->out, std::string(300000, 'x'));
}

INSTANTIATE_TEST_SUITE_P(
    Hardened, SessionAlgorithmTest,
    testing::Values("Ciphers aes256-ctr\nMACs hmac-sha2-512-etm@openssh.com",
                    "Ciphers aes128-gcm@openssh.com", "Ciphers chacha20-poly1305@openssh.com",
                    "KexAlgorithms diffie-hellman-group16-sha512",
                    "KexAlgorithms ecdh-sha2-nistp521",
                    "PubkeyAcceptedAlgorithms ssh-ed25519\nHostKeyAlgorithms ssh-ed25519"));

TEST(SessionTest, SaysSoWhenNoAlgorithmIsInCommon) {
  SshdOptions options;
  options.config = {"KexAlgorithms sntrup761x25519-sha512@openssh.com"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.start(rig.target(sshd));
  const Error& error = failure_of(rig, *session);
  EXPECT_EQ(error.reason, "ssh.handshake_failed");
  EXPECT_NE(error.message.find("post-quantum"), std::string::npos) << error.message;
}

TEST(SessionTest, UsesAnRsaKeyAfterOthersWhenTheServerTakesNoRsaSignature) {
  // libssh2 keeps the algorithm's name of a key that it could not even offer; the next key was then
  // offered under it.
  SshdOptions options;
  options.config = {"PubkeyAcceptedAlgorithms ssh-ed25519"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key("a", peers::make_key(sshd.folder() + "/a", key("rsa", 2048, "", "")));
  rig.add_key("b", peers::make_key(sshd.folder() + "/b", {}));
  rig.add_key("c", sshd.authorized_key({}));
  auto session = rig.log_in(sshd);
  EXPECT_EQ(session->session->facts().credential, "c");
}

/// Answers every question for a signature with an error.
class BrokenSigner final : public Signer {
 public:
  explicit BrokenSigner(std::string blob) {
    auto identity = std::make_shared<Identity>();
    identity->credential = "broken";
    identity->algorithm = "ssh-ed25519";
    identity->blob = std::move(blob);
    identity_ = identity;
  }
  void offer(event::Reactor&, const std::string&, OfferAnswer answer) override {
    answer(Offer{{identity_}, std::nullopt, {}});
  }
  Result<Secret> password(const std::string&) override {
    return fail(Errc::not_found, "key.unknown", "none");
  }
  void sign(event::Reactor& reactor, const Identity&, const std::string& algorithm, std::string,
            Answer answer) override {
    EXPECT_EQ(algorithm, "ssh-ed25519");
    reactor.post([answer = std::move(answer)] {
      answer(fail(Errc::not_found, "key.unknown", "the key was removed while it was in use"));
    });
  }

 private:
  std::shared_ptr<const Identity> identity_;
};

TEST(SessionTest, ReportsASignerThatCannotSign) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  BrokenSigner signer(rig.offer("test").identities[0]->blob);
  WatchedSession watched;
  watched.session = Session::start({*rig.reactor, *rig.resolver, rig.host_keys, signer},
                                   rig.target(sshd), {}, watched);
  const Error& error = failure_of(rig, watched);
  EXPECT_EQ(error.reason, "ssh.signing_failed");
  EXPECT_EQ(error.message, "the key was removed while it was in use");
}

TEST(SessionTest, SurvivesASignerThatNeverAnswers) {
  class SilentSigner final : public Signer {
   public:
    explicit SilentSigner(Signer& real) : real_(real) {}
    void offer(event::Reactor& reactor, const std::string& name, OfferAnswer answer) override {
      real_.offer(reactor, name, std::move(answer));
    }
    Result<Secret> password(const std::string& name) override { return real_.password(name); }
    void sign(event::Reactor&, const Identity&, const std::string&, std::string,
              Answer answer) override {
      kept = std::move(answer);
    }
    Answer kept;

   private:
    Signer& real_;
  };
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  SilentSigner signer(*rig.signer);
  SessionDeadlines deadlines;
  deadlines.login = std::chrono::milliseconds(300);
  WatchedSession watched;
  watched.session = Session::start({*rig.reactor, *rig.resolver, rig.host_keys, signer},
                                   rig.target(sshd), deadlines, watched);
  EXPECT_EQ(failure_of(rig, watched).reason, "ssh.login_timed_out");
  signer.kept(std::string(64, 'x'));  // too late: nobody is there
  rig.run_for(std::chrono::milliseconds(20));
}

TEST(SessionTest, TakesLeavePolitely) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  rig.run(*session, "true");
  session->session->close();
  EXPECT_FALSE(session->session->is_ready());
  EXPECT_FALSE(session->closed) << "never from inside close()";
  EXPECT_TRUE(rig.run_until([&session] { return session->closed; }));
  EXPECT_FALSE(session->lost);
  EXPECT_TRUE(sshd.wait_for_log("Received disconnect from 127.0.0.1", seconds(5))) << sshd.log();
}

TEST(SessionTest, ClosesItsChannelsBeforeItLeaves) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  auto exec = rig.exec(*session, "cat");
  EXPECT_TRUE(rig.run_until([&exec] { return exec->started; }));
  session->session->close();
  EXPECT_TRUE(rig.run_until([&session] { return session->closed; }));
  EXPECT_EQ(exec->ends, 1);
  EXPECT_TRUE(exec->status);
}

TEST(SessionTest, IsGivenUpBeforeItIsReady) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.start(rig.target(sshd));
  session->session->close();
  EXPECT_EQ(failure_of(rig, *session).reason, "ssh.cancelled");
}

TEST(SessionTest, SaysAFarewellWhenItIsDropped) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  rig.run(*session, "true");
  session.reset();
  EXPECT_TRUE(sshd.wait_for_log("Received disconnect from 127.0.0.1", seconds(5))) << sshd.log();
}

TEST(SessionTest, MayBeDestroyedByItsObserver) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto ready = rig.start(rig.target(sshd));
  ready->when_ready = [&ready] { ready->session.reset(); };
  auto refused = rig.start(rig.target(sshd));
  refused->when_over = [&refused] { refused->session.reset(); };
  refused->session->close();
  EXPECT_TRUE(rig.run_until([&] { return ready->ready && refused->failed; }));
  rig.run_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(ready->is_over());
}

TEST(SessionTest, NoticesAServerThatLeavesWhileNothingRuns) {
  OM_START_SSHD(sshd, {});
  Rig rig;
  rig.add_key(sshd);
  auto session = rig.log_in(sshd);
  // What the server had said before nobody will ever read; it hid that the server was gone.
  rig.run_for(std::chrono::milliseconds(200));
  sshd.kill_connections();
  EXPECT_TRUE(rig.run_until([&session] { return session->is_over(); }));
  ASSERT_TRUE(session->lost);
  EXPECT_EQ(session->lost->reason, "ssh.disconnected");
  EXPECT_EQ(session->lost->code, Errc::disconnected);
  EXPECT_FALSE(session->session->is_ready());
}

TEST(SessionTest, StandsTwoHundredAtOnce) {
  SshdOptions options;
  options.config = {"LogLevel ERROR"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  constexpr int kSessions = 200;
  std::vector<std::unique_ptr<WatchedSession>> sessions;
  std::vector<std::unique_ptr<WatchedExec>> commands(kSessions);
  SessionDeadlines patient;  // the two cores are sshd's, too
  patient.connect = patient.handshake = patient.login = seconds(60);
  for (int i = 0; i < kSessions; ++i) {
    sessions.push_back(rig.start(rig.target(sshd), patient));
    sessions.back()->when_ready = [&rig, &commands, &sessions, i] {
      const auto at = static_cast<std::size_t>(i);
      commands[at] = rig.exec(*sessions[at], "echo number " + std::to_string(i));
      commands[at]->channel->finish_writing();
    };
  }
  EXPECT_TRUE(rig.run_until(
      [&commands, &sessions] {
        for (std::size_t i = 0; i < commands.size(); ++i) {
          if (sessions[i]->failed) return true;
          if (!commands[i] || !commands[i]->is_over()) return false;
        }
        return true;
      },
      seconds(100)));
  for (std::size_t i = 0; i < commands.size(); ++i) {
    ASSERT_FALSE(sessions[i]->failed) << sessions[i]->failed->message;
    ASSERT_TRUE(commands[i] && commands[i]->status) << i;
    EXPECT_EQ(commands[i]->out, "number " + std::to_string(i) + "\n");
  }
}

}  // namespace
}  // namespace om::ssh
