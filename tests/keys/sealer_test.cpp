// SPDX-License-Identifier: MIT
//
// The key file.
#include "om/keys/sealer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "peers/sshd_fixture.h"

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

}  // namespace
}  // namespace om::keys
