// SPDX-License-Identifier: MIT
#include "om/catalogue/application_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/fd.h"

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
    const Result<Fd> file = open_application_file(data_, name, Meant::file);
    EXPECT_FALSE(file) << name;
    return file ? std::string()
                : std::string(errc_name(file.error().code)) + " " + file.error().message;
  }
  std::string data_;
  std::string bytes_of(std::string_view name) {
    const Result<Fd> file = open_application_file(data_, name, Meant::file);
    std::string bytes(100, '\0');
    const ssize_t got = file ? ::read(file->get(), bytes.data(), bytes.size()) : -1;
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }
};

TEST_F(ApplicationFileTest, OpensFilesAndWhereMeantFolders) {
  EXPECT_EQ(bytes_of("motd"), "hello\n");
  EXPECT_EQ(bytes_of("web/site.conf"), std::string("a\0b", 3));
  EXPECT_TRUE(open_application_file(data_, "web", Meant::file_or_folder));
  EXPECT_TRUE(open_application_file(data_, "motd", Meant::file_or_folder));
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
  EXPECT_FALSE(open_application_file(data_, "up/secret.key", Meant::file));
}

TEST_F(ApplicationFileTest, OnlyRegularFiles) {
  ASSERT_EQ(::mkfifo((data_ + "/files/pipe").c_str(), 0600), 0);
  EXPECT_THAT(refused("pipe"), HasSubstr("not a regular file"));
  EXPECT_THAT(refused("web"), HasSubstr("not a regular file"));
  EXPECT_FALSE(open_application_file(data_, "pipe", Meant::file_or_folder));
}

}  // namespace
}  // namespace om::catalogue
