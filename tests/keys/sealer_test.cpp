// SPDX-License-Identifier: MIT
//
// The key file, and private keys sealed with it.
#include "om/keys/sealer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "peers/sshd_fixture.h"

#include "om/keys/credential.h"

namespace om::keys {
namespace {

using peers::TemporaryFolder;
using peers::write_file;

std::string reason_of(const Result<Sealer>& result) {
  return result ? "none" : result.error().reason;
}

TEST(SealerTest, MakesItsKeyOnceAndForItsOwnerOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("secret.key");
  const auto first = Sealer::open(path, Sealer::IfMissing::create);
  ASSERT_TRUE(first) << first.error().message;
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(status.st_size, 32);
  const std::string sealed = first->seal("here", "secret");
  const auto second = Sealer::open(path, Sealer::IfMissing::refuse);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->open_sealed("here", sealed).value_or(Secret()).reveal(), "secret");
  EXPECT_FALSE(second->open_sealed("elsewhere", sealed));
}

TEST(SealerTest, RefusesAKeyThatOthersCanRead) {
  const TemporaryFolder folder;
  for (const mode_t mode : {0640u, 0604u, 0620u}) {
    const std::string path = folder.file("key" + std::to_string(mode));
    write_file(path, std::string(32, 'k'), mode);
    ::chmod(path.c_str(), mode);
    EXPECT_EQ(reason_of(Sealer::open(path, Sealer::IfMissing::create)), "secret_key.unsafe");
  }
}

TEST(SealerTest, RefusesAKeyOfAnotherLength) {
  const TemporaryFolder folder;
  for (const std::size_t length : {0u, 31u, 33u}) {
    const std::string path = folder.file("key" + std::to_string(length));
    write_file(path, std::string(length, 'k'));
    EXPECT_EQ(reason_of(Sealer::open(path, Sealer::IfMissing::create)), "secret_key.damaged");
  }
}

TEST(SealerTest, MakesNoNewKeyWhereCredentialsWaitForTheOldOne) {
  const TemporaryFolder folder;
  const std::string path = folder.file("secret.key");
  EXPECT_EQ(reason_of(Sealer::open(path, Sealer::IfMissing::refuse)), "secret_key.missing");
  struct stat status {};
  EXPECT_NE(::stat(path.c_str(), &status), 0);
}

TEST(CredentialTest, SealsAPrivateKeyAndOpensItUnderItsName) {
  const TemporaryFolder folder;
  const auto sealer = Sealer::open(folder.file("secret.key"), Sealer::IfMissing::create).value();
  peers::KeyOptions options;
  options.passphrase = "pass";
  options.comment = "deploy at jump";
  const peers::KeyPair pair = peers::make_key(folder.file("key"), options);
  const auto sealed =
      seal_private_key(sealer, "deploy", peers::read_file(pair.private_path), Secret("pass"));
  ASSERT_TRUE(sealed) << sealed.error().message;
  EXPECT_EQ(sealed->name, "deploy");
  EXPECT_EQ(sealed->kind, "ssh-key");
  EXPECT_EQ(sealed->public_key, pair.public_line);
  EXPECT_TRUE(sealed->fingerprint.starts_with("SHA256:"));

  const auto opened = open_private_key(sealer, "deploy", sealed->sealed, sealed->public_key);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->public_key().authorized_keys_line(), pair.public_line);
  EXPECT_TRUE(opened->sign("ssh-ed25519", "data"));

  const auto moved = open_private_key(sealer, "other", sealed->sealed, sealed->public_key);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().reason, "credential.cannot_be_opened");
}

TEST(CredentialTest, PassesOnWhatIsWrongWithTheFile) {
  const TemporaryFolder folder;
  const auto sealer = Sealer::open(folder.file("secret.key"), Sealer::IfMissing::create).value();
  const auto sealed = seal_private_key(sealer, "deploy", "no key", Secret());
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().reason, "key.not_a_key");
}

}  // namespace
}  // namespace om::keys
