// SPDX-License-Identifier: MIT
//
// Certificates as ssh-keygen makes them, and what is none.
#include "om/keys/certificate.h"

#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

#include "om/keys/private_key.h"

namespace om::keys {
namespace {

class CertificateTest : public testing::Test {
 protected:
  /// Makes a key and has it signed; gives the line of its -cert.pub.
  std::string signed_key(const std::string& type, std::vector<std::string> options) {
    peers::KeyOptions key;
    key.type = type;
    if (type == "rsa") key.bits = 2048;
    pair_ = peers::make_key(folder_.file("key" + std::to_string(++count_)), key);
    if (count_ == 1) peers::make_key(folder_.file("ca"), {});
    std::vector<std::string> argv = {"ssh-keygen",       "-q", "-s",
                                     folder_.file("ca"), "-I", "who am I"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(pair_.private_path + ".pub");
    const peers::CommandResult made = peers::run_program(argv);
    EXPECT_EQ(made.exit_status, 0) << made.output;
    return peers::read_file(pair_.private_path + "-cert.pub");
  }
  std::string key_blob() const {
    return PrivateKey::parse(peers::read_file(pair_.private_path), Secret())->public_key().blob;
  }

  peers::TemporaryFolder folder_;
  peers::KeyPair pair_;
  int count_ = 0;
};

TEST_F(CertificateTest, IsReadForEveryTypeOfKey) {
  for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
    const std::string line = signed_key(type, {"-n", "root,deploy", "-z", "18446744073709551615",
                                               "-V", "20260101000000Z:20300102030405Z"});
    const auto certificate = parse_certificate(line);
    ASSERT_TRUE(certificate) << certificate.error().message;
    EXPECT_EQ(certificate->key_blob, key_blob());
    EXPECT_EQ(certificate->key_id, "who am I");
    EXPECT_EQ(certificate->principals, (std::vector<std::string>{"root", "deploy"}));
    EXPECT_EQ(certificate->serial, 18446744073709551615U);
    EXPECT_EQ(rfc3339(certificate->valid_after_ms), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(certificate->valid_before_ms), "2030-01-02T03:04:05.000Z");
    EXPECT_TRUE(line.starts_with(certificate->line())) << line;
    EXPECT_TRUE(is_certificate_algorithm(certificate->algorithm));
  }
}

TEST_F(CertificateTest, MayBeForEver) {
  const auto certificate = parse_certificate(signed_key("ed25519", {"-n", "root"}));
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->valid_after_ms, 0);
  EXPECT_EQ(certificate->valid_before_ms, 0);
}

TEST_F(CertificateTest, AHostsIsRefused) {
  const auto certificate = parse_certificate(signed_key("ed25519", {"-h", "-n", "web1"}));
  ASSERT_FALSE(certificate);
  EXPECT_EQ(certificate.error().reason, "key.host_certificate");
}

TEST_F(CertificateTest, WhatIsNoneIsRefused) {
  const std::string line = signed_key("ed25519", {"-n", "root"});
  for (const std::string& bad :
       {std::string(), std::string("hello"), pair_.public_line, "ssh-rsa" + line.substr(11),
        std::string("ssh-ed25519-cert-v01@openssh.com ****"),
        std::string("ssh-ed25519-cert-v01@openssh.com AAAA"), line + line}) {
    const auto certificate = parse_certificate(bad);
    ASSERT_FALSE(certificate) << bad;
    EXPECT_EQ(certificate.error().reason, "key.not_a_certificate") << bad;
  }
  // Cut anywhere, it is refused, never read beyond its end.
  const std::string blob = parse_certificate(line)->blob;
  for (std::size_t length = 0; length < blob.size(); ++length) {
    EXPECT_FALSE(certificate_from_blob(std::string_view(blob).substr(0, length))) << length;
  }
  EXPECT_FALSE(certificate_from_blob(blob + "x"));
}

}  // namespace
}  // namespace om::keys
