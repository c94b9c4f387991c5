// SPDX-License-Identifier: MIT
//
// What is proposed; and servers that take nothing but what is old, as real as today's sshd can be
// told to be.
#include "ssh/algorithms.h"

#include <gtest/gtest.h>

#include "ssh/library_leaks.h"
#include "ssh/rig.h"

namespace om::ssh {
namespace {

using peers::KeyOptions;
using peers::SshdOptions;

std::string host_keys(AlgorithmSet set, const std::vector<std::string>& known) {
  return algorithms_to_propose(set, known).host_keys;
}

TEST(AlgorithmsTest, PutKnownTypesFirst) {
  EXPECT_EQ(host_keys(AlgorithmSet::sound, {}),
            "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
            "rsa-sha2-512,rsa-sha2-256");
  EXPECT_EQ(host_keys(AlgorithmSet::sound, {"ssh-rsa", "ecdsa-sha2-nistp384"}),
            "ecdsa-sha2-nistp384,rsa-sha2-512,rsa-sha2-256,ssh-ed25519,"
            "ecdsa-sha2-nistp256,ecdsa-sha2-nistp521");
  EXPECT_EQ(host_keys(AlgorithmSet::sound, {"ssh-dss"}), host_keys(AlgorithmSet::sound, {}));
  EXPECT_TRUE(host_keys(AlgorithmSet::with_legacy, {"ssh-rsa"})
                  .starts_with("rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-ed25519,"));
}

TEST(AlgorithmsTest, OldOnesComeOnlyByTheFlagAndLast) {
  const Algorithms sound = algorithms_to_propose(AlgorithmSet::sound, {});
  for (const std::string* list : {&sound.key_exchanges, &sound.host_keys, &sound.ciphers}) {
    for (const char* old : {"sha1", "ssh-rsa", "ssh-dss", "cbc", "md5"}) {
      EXPECT_EQ(list->find(old), list->npos) << *list;
    }
  }
  const Algorithms legacy = algorithms_to_propose(AlgorithmSet::with_legacy, {});
  EXPECT_TRUE(legacy.key_exchanges.starts_with(sound.key_exchanges + ","));
  EXPECT_TRUE(legacy.host_keys.starts_with(sound.host_keys + ","));
  EXPECT_TRUE(legacy.ciphers.starts_with(sound.ciphers + ","));
  EXPECT_TRUE(legacy.macs.starts_with(sound.macs + ","));
}

/// Waits until the session is up or says why it is not.
std::unique_ptr<WatchedSession> log_in(Rig& rig, const SessionTarget& target) {
  auto session = rig.start(target);
  const WatchedSession& watched = *session;
  EXPECT_TRUE(rig.run_until([&watched] { return watched.ready || watched.is_over(); }));
  return session;
}

struct OldServer {
  const char* name;
  std::vector<std::string> config;
  KeyOptions host_key;
};
void PrintTo(const OldServer& server, std::ostream* os) { *os << server.name; }

KeyOptions key_of(const char* type, int bits) {
  KeyOptions options;
  options.type = type;
  options.bits = bits;
  return options;
}

class OldServerTest : public testing::TestWithParam<OldServer> {};

TEST_P(OldServerTest, IsReachedByTheFlagAndOnlyByIt) {
  const LibraryLeaks allowed;
  SshdOptions options;
  options.config = GetParam().config;
  options.host_keys = {GetParam().host_key};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  SessionTarget target = rig.target(sshd);
  const auto refused = log_in(rig, target);
  ASSERT_TRUE(refused->failed);
  EXPECT_EQ(refused->failed->reason, "ssh.handshake_failed");
  EXPECT_NE(refused->failed->message.find("set legacy_algorithms for this host"), std::string::npos)
      << refused->failed->message;

  target.legacy_algorithms = true;
  const auto session = log_in(rig, target);
  ASSERT_TRUE(session->ready) << session->failed.value_or(Error{}).message << sshd.log();
  const auto ran = rig.run(*session, "head -c 300000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(ran->out, std::string(300000, 'x'));
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, OldServerTest,
    testing::Values(
        OldServer{"Group1", {"KexAlgorithms diffie-hellman-group1-sha1"}, {}},
        OldServer{"Group14", {"KexAlgorithms diffie-hellman-group14-sha1"}, {}},
        OldServer{"GroupExchange", {"KexAlgorithms diffie-hellman-group-exchange-sha1"}, {}},
        OldServer{"Aes128Cbc", {"Ciphers aes128-cbc"}, {}},
        OldServer{"Aes256Cbc", {"Ciphers aes256-cbc"}, {}},
        OldServer{"TripleDes", {"Ciphers 3des-cbc"}, {}}, OldServer{"Md5", {"MACs hmac-md5"}, {}},
        OldServer{"RsaHostKey", {"HostKeyAlgorithms ssh-rsa"}, key_of("rsa", 2048)},
        // As OpenSSH 5.3 proposes them, without what 5.3 shares with today's defaults.
        OldServer{"OpenSsh53",
                  {"KexAlgorithms diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,"
                   "diffie-hellman-group1-sha1",
                   "Ciphers aes128-cbc,3des-cbc,aes192-cbc,aes256-cbc", "MACs hmac-md5,hmac-sha1",
                   "HostKeyAlgorithms ssh-rsa"},
                  key_of("rsa", 2048)}),
    [](const auto& one) { return one.param.name; });

TEST(LegacyLoginTest, SignsWithSha1ByTheFlagAndOnlyByIt) {
  // This sshd says that it takes SHA-2 as well, and then does not: there are such servers.
  SshdOptions options;
  options.config = {"PubkeyAcceptedAlgorithms ssh-rsa"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key("deploy", sshd.authorized_key(key_of("rsa", 2048)));
  SessionTarget target = rig.target(sshd);
  const auto refused = log_in(rig, target);
  ASSERT_TRUE(refused->failed);
  EXPECT_EQ(refused->failed->reason, "ssh.login_refused");
  target.legacy_algorithms = true;
  const auto session = log_in(rig, target);
  ASSERT_TRUE(session->ready) << session->failed.value_or(Error{}).message << sshd.log();
}

TEST(LegacyLoginTest, ANewServerIsTalkedToAsBefore) {
  SshdOptions options;
  options.config = {"LogLevel DEBUG1"};
  OM_START_SSHD(sshd, options);
  Rig rig;
  rig.add_key(sshd);
  SessionTarget target = rig.target(sshd);
  target.legacy_algorithms = true;
  ASSERT_TRUE(log_in(rig, target)->ready);
  const std::string log = sshd.log();
  EXPECT_NE(log.find("kex: algorithm: curve25519-sha256"), log.npos) << log;
  EXPECT_NE(log.find("cipher: aes128-ctr MAC: hmac-sha2-256"), log.npos) << log;
}

}  // namespace
}  // namespace om::ssh
