// SPDX-License-Identifier: MIT
#include "om/base/files.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace om::files {
namespace {

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FilesTest, WrittenFileReadsBackWithItsMode) {
  const std::string path = folder_ + "/secret.key";
  ASSERT_TRUE(write_atomically(path, "one", 0600));
  ASSERT_TRUE(write_atomically(path, "two", 0640));
  EXPECT_EQ(*read(path, 100), "two");
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FilesTest, TooLargeAndMissingAreSaidByName) {
  const std::string path = folder_ + "/large";
  ASSERT_TRUE(write_atomically(path, std::string(101, 'x'), 0600));
  EXPECT_EQ(read(path, 100).error().reason, "file.too_large");
  const Result<std::string> missing = read(folder_ + "/none", 100);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_NE(missing.error().message.find("/none: No such file"), std::string::npos);
}

TEST_F(FilesTest, FailedWriteLeavesTheOldFileAndNoTemporary) {
  EXPECT_FALSE(write_atomically(folder_ + "/no/such/folder", "x", 0600));
  std::filesystem::create_directory(folder_ + "/taken");
  EXPECT_FALSE(write_atomically(folder_ + "/taken", "x", 0600));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FilesTest, MakesFoldersAboveAndRefusesAFileInTheWay) {
  ASSERT_TRUE(make_directories(folder_ + "/a/b/c", 0700));
  ASSERT_TRUE(make_directories(folder_ + "/a/b/c", 0700));
  EXPECT_TRUE(exists(folder_ + "/a/b/c"));
  ASSERT_TRUE(write_atomically(folder_ + "/file", "x", 0600));
  EXPECT_FALSE(make_directories(folder_ + "/file", 0700));
}

}  // namespace
}  // namespace om::files
