// SPDX-License-Identifier: MIT
#include "om/keys/credential.h"

#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

namespace om::keys {
namespace {

class CredentialTest : public testing::Test {
 protected:
  peers::TemporaryFolder folder_;
  Sealer sealer_ = Sealer::open(folder_.file("secret.key"), Sealer::IfMissing::create).value();
};

TEST_F(CredentialTest, SealsAPrivateKeyAndOpensItUnderItsName) {
  peers::KeyOptions options;
  options.passphrase = "pass";
  options.comment = "deploy at jump";
  const peers::KeyPair pair = peers::make_key(folder_.file("key"), options);
  const auto sealed =
      seal_private_key(sealer_, "deploy", peers::read_file(pair.private_path), Secret("pass"));
  ASSERT_TRUE(sealed) << sealed.error().message;
  EXPECT_EQ(sealed->name, "deploy");
  EXPECT_EQ(sealed->public_key, pair.public_line);
  EXPECT_TRUE(sealed->fingerprint.starts_with("SHA256:"));

  const auto opened = open_private_key(sealer_, "deploy", sealed->sealed, sealed->public_key);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->public_key().authorized_keys_line(), pair.public_line);
  EXPECT_TRUE(opened->sign("ssh-ed25519", "data"));

  const auto moved = open_private_key(sealer_, "other", sealed->sealed, sealed->public_key);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().reason, "credential.cannot_be_opened");
}

TEST_F(CredentialTest, PassesOnWhatIsWrongWithTheFile) {
  const auto sealed = seal_private_key(sealer_, "deploy", "no key", Secret());
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().reason, "key.not_a_key");
}

TEST_F(CredentialTest, APasswordOpensOnlyUnderItsName) {
  const Secret password("p\xc3\xa4ss \t'word'");
  const std::string sealed = seal_password(sealer_, "root of db1", password).value();
  EXPECT_EQ(sealed.find("word"), sealed.npos);
  EXPECT_EQ(open_password(sealer_, "root of db1", sealed)->reveal(), password.reveal());
  EXPECT_EQ(open_password(sealer_, "root of db2", sealed).error().reason,
            "credential.cannot_be_opened");
}

TEST_F(CredentialTest, AKeyNeverOpensAsAPassword) {
  // Else a row that was tampered with would have the key sent to a server.
  const auto pair = peers::make_key(folder_.file("key"), {});
  const auto key =
      seal_private_key(sealer_, "deploy", peers::read_file(pair.private_path), Secret());
  ASSERT_TRUE(key);
  EXPECT_FALSE(open_password(sealer_, "deploy", key->sealed));
  EXPECT_TRUE(open_private_key(sealer_, "deploy", key->sealed, key->public_key));
}

TEST_F(CredentialTest, WhatCannotBeTypedIsRefused) {
  for (const std::string& password :
       {std::string(), std::string("two\nlines"), std::string("end\r"), std::string("a\0b", 3),
        std::string(kMaxPasswordBytes + 1, 'x')}) {
    const auto sealed = seal_password(sealer_, "a", Secret(password));
    ASSERT_FALSE(sealed) << password;
    EXPECT_EQ(sealed.error().reason, "credential.password");
    EXPECT_EQ(sealed.error().code, Errc::invalid_argument);
    EXPECT_EQ(sealed.error().message.find("lines"), std::string::npos);
  }
  EXPECT_TRUE(seal_password(sealer_, "a", Secret(std::string(kMaxPasswordBytes, 'x'))));
}

}  // namespace
}  // namespace om::keys
