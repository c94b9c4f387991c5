// SPDX-License-Identifier: MIT
#include "om/catalogue/application_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "om/base/crypto.h"

namespace om::catalogue {
namespace {

using testing::HasSubstr;

class ApplicationFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    data_ = name;
    std::filesystem::create_directories(data_ + "/files/web");
    put("files/motd", "hello\n");
    put("files/web/site.conf", std::string("a\0b", 3));
    put("secret.key", "k");
  }
  void TearDown() override { std::filesystem::remove_all(data_); }
  void put(const std::string& name, const std::string& bytes) {
    std::ofstream(data_ + "/" + name, std::ios::binary) << bytes;
  }
  std::string refused(std::string_view name) {
    const Result<ApplicationFile> file = read_application_file(data_, name);
    EXPECT_FALSE(file) << name;
    return file ? std::string()
                : std::string(errc_name(file.error().code)) + " " + file.error().message;
  }
  std::string data_;
};

TEST_F(ApplicationFileTest, BytesAndSum) {
  const Result<ApplicationFile> file = read_application_file(data_, "motd");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->name, "motd");
  EXPECT_EQ(file->bytes, "hello\n");
  EXPECT_EQ(file->sha256_hex, crypto::sha256_hex("hello\n"));
  EXPECT_EQ(read_application_file(data_, "web/site.conf")->bytes.size(), 3U);
}

TEST_F(ApplicationFileTest, WhatIsMissingSaysWhereToPutIt) {
  EXPECT_EQ(refused("nginx"),
            "not_found there is no file " + data_ + "/files/nginx: put it there first");
  EXPECT_THAT(refused("motd/x"), HasSubstr("not_found"));
  std::filesystem::remove_all(data_ + "/files");
  EXPECT_THAT(refused("motd"), HasSubstr("not_found"));
}

TEST_F(ApplicationFileTest, NothingLeadsOut) {
  std::filesystem::create_symlink(data_ + "/secret.key", data_ + "/files/link");
  std::filesystem::create_directory_symlink(data_, data_ + "/files/up");
  for (const char* name : {"../secret.key", "web/../../secret.key", "/etc/passwd", "", ".", "..",
                           "web/", "web//site.conf", ".hidden"}) {
    EXPECT_THAT(refused(name), HasSubstr("invalid_argument")) << name;
  }
  EXPECT_THAT(refused(std::string_view("motd\0x", 6)), HasSubstr("invalid_argument"));
  EXPECT_THAT(refused("link"), HasSubstr("symbolic link"));
  EXPECT_FALSE(read_application_file(data_, "up/secret.key"));
}

TEST_F(ApplicationFileTest, OnlyRegularFiles) {
  ASSERT_EQ(::mkfifo((data_ + "/files/pipe").c_str(), 0600), 0);
  EXPECT_THAT(refused("pipe"), HasSubstr("not a regular file"));
  EXPECT_THAT(refused("web"), HasSubstr("not a regular file"));
}

TEST_F(ApplicationFileTest, SizeIsLimited) {
  put("files/large", "");
  std::filesystem::resize_file(data_ + "/files/large", kMaxApplicationFileBytes);
  EXPECT_TRUE(read_application_file(data_, "large"));
  std::filesystem::resize_file(data_ + "/files/large", kMaxApplicationFileBytes + 1);
  EXPECT_THAT(refused("large"), HasSubstr("more than 64 MiB"));
}

}  // namespace
}  // namespace om::catalogue
