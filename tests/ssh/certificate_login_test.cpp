// SPDX-License-Identifier: MIT
//
// User certificates at a sshd that trusts their authority, and knows no key.
#include <gtest/gtest.h>

#include "ssh/rig.h"

#include "om/keys/certificate.h"

namespace om::ssh {
namespace {

using peers::KeyOptions;
using peers::KeyPair;

class CertificateLoginTest : public testing::TestWithParam<KeyOptions> {
 protected:
  void SetUp() override {
    peers::make_key(folder_.file("ca"), {});
    options_.config = {"TrustedUserCAKeys " + folder_.file("ca.pub")};
  }
  /// Stores a new key under "deploy", with a certificate made by ssh-keygen with these options.
  KeyPair add_key(std::vector<std::string> options, const KeyOptions& type = {}) {
    const KeyPair pair = peers::make_key(folder_.file("key" + std::to_string(++count_)), type);
    std::vector<std::string> argv = {"ssh-keygen", "-q", "-s", folder_.file("ca"), "-I", "test"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(pair.private_path + ".pub");
    EXPECT_EQ(peers::run_program(argv).exit_status, 0);
    auto key = keys::PrivateKey::parse(peers::read_file(pair.private_path), Secret());
    auto certificate = keys::parse_certificate(peers::read_file(pair.private_path + "-cert.pub"));
    EXPECT_TRUE(key && certificate);
    rig_.signer->set("deploy", *std::move(key), *certificate);
    return pair;
  }
  std::unique_ptr<WatchedSession> log_in(const peers::Sshd& sshd, bool legacy = false) {
    SessionTarget target = rig_.target(sshd);
    target.credential = "deploy";
    target.legacy_algorithms = legacy;
    auto session = rig_.start(target);
    const WatchedSession& watched = *session;
    EXPECT_TRUE(rig_.run_until([&watched] { return watched.ready || watched.is_over(); }));
    return session;
  }

  peers::TemporaryFolder folder_;
  peers::SshdOptions options_;
  int count_ = 0;
  Rig rig_;
};

TEST_P(CertificateLoginTest, LogsInWhereOnlyTheAuthorityIsKnown) {
  OM_START_SSHD(sshd, options_);
  add_key({"-n", "nobody else," + sshd.login(), "-V", "+1d"}, GetParam());
  const auto session = log_in(sshd);
  ASSERT_TRUE(session->ready) << session->failed.value_or(Error{}).message << sshd.log();
  EXPECT_EQ(rig_.run(*session, "echo in")->out, "in\n");
  EXPECT_EQ(session->session->facts().credential, "deploy");
  EXPECT_NE(sshd.log().find("-CERT SHA256:"), std::string::npos) << sshd.log();
}

KeyOptions key(const char* type, int bits) {
  KeyOptions options;
  options.type = type;
  options.bits = bits;
  return options;
}

INSTANTIATE_TEST_SUITE_P(Types, CertificateLoginTest,
                         testing::Values(key("ed25519", 0), key("ecdsa", 256), key("ecdsa", 384),
                                         key("ecdsa", 521), key("rsa", 2048)),
                         [](const auto& one) {
                           return one.param.type + std::to_string(one.param.bits);
                         });

using CertificateRefusalTest = CertificateLoginTest;

TEST_P(CertificateRefusalTest, IsNamedAndThePlainKeyIsTriedToo) {
  const auto expect_refused = [this](const peers::Sshd& sshd, const std::string& words) {
    const auto session = log_in(sshd);
    ASSERT_TRUE(session->failed);
    EXPECT_EQ(session->failed->reason, "ssh.certificate_refused");
    EXPECT_NE(session->failed->message.find(words), std::string::npos) << session->failed->message;
  };
  OM_START_SSHD(sshd, options_);
  add_key({"-n", sshd.login(), "-V", "20250101000000Z:20250601000000Z"}, GetParam());
  expect_refused(sshd, "the certificate of 'deploy' expired at 2025-06-01T00:00:00.000Z");
  add_key({"-n", sshd.login(), "-V", "+1d:+2d"}, GetParam());
  expect_refused(sshd, "the certificate of 'deploy' is valid only from ");
  const KeyPair pair = add_key({"-n", "deploy,backup"}, GetParam());
  expect_refused(sshd,
                 "the certificate of 'deploy' is for deploy, backup, not for " + sshd.login());
  sshd.set_authorized_keys(pair.public_line + "\n");
  EXPECT_TRUE(log_in(sshd)->ready) << sshd.log();
}

INSTANTIATE_TEST_SUITE_P(Types, CertificateRefusalTest,
                         testing::Values(key("ed25519", 0), key("rsa", 2048)),
                         [](const auto& one) { return one.param.type; });

}  // namespace
}  // namespace om::ssh
