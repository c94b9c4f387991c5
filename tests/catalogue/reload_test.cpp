// SPDX-License-Identifier: MIT
#include "om/catalogue/reload.h"

#include <filesystem>
#include <fstream>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace om::catalogue {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

class ReloadTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-reload-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    data_ = name;
    sources_ = std::make_unique<Sources>(Sources::Options{data_, nullptr, {}});
  }
  void TearDown() override {
    reload_.reset();
    std::filesystem::remove_all(data_);
  }
  void start() {
    Result<std::unique_ptr<Reload>> made = Reload::create(
        *reactor_, *sources_,
        [this](const std::vector<SourceChange>& changes) {
          const std::lock_guard lock(mutex_);
          for (const SourceChange& change : changes) {
            words_.push_back(std::string(change_name(change.what)) + " " +
                             std::filesystem::path(change.path).filename().string());
          }
        },
        milliseconds(50));
    ASSERT_TRUE(made) << made.error().message;
    reload_ = *std::move(made);
  }
  void put(const std::string& name, const std::string& text) {
    const std::string path = data_ + "/modules/" + name;
    // As editors do: the change is one rename.
    std::ofstream(path + "~") << text;
    ASSERT_EQ(::chmod((path + "~").c_str(), 0644), 0);
    std::filesystem::rename(path + "~", path);
  }
  /// Turns the loop until that many files were reported, and takes them.
  std::vector<std::string> wait_for(std::size_t count) {
    for (int turns = 0; turns < 500; ++turns) {
      reactor_->turn(milliseconds(10));
      const std::lock_guard lock(mutex_);
      if (words_.size() >= count) return std::exchange(words_, {});
    }
    const std::lock_guard lock(mutex_);
    return std::exchange(words_, {});
  }

  SystemClock clock_;
  std::unique_ptr<event::Reactor> reactor_ = *event::Reactor::create(clock_);
  std::string data_;
  std::unique_ptr<Sources> sources_;
  std::unique_ptr<Reload> reload_;
  std::mutex mutex_;  // guards words_
  std::vector<std::string> words_;
};

TEST_F(ReloadTest, AFreshFolderIsMadePrivate) {
  start();
  struct stat status {};
  ASSERT_EQ(::stat((data_ + "/modules/ssh").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(ReloadTest, AFileIsInForceWithoutARestart) {
  start();
  put("ssh/Mid_1008.sh", "one\n");
  EXPECT_THAT(wait_for(1), ElementsAre("loaded Mid_1008.sh"));
  EXPECT_EQ(sources_->find(ModuleId{1008}, Platform::ssh)->bytes, "one\n");
  put("ssh/Mid_1008.sh", "two\n");
  EXPECT_THAT(wait_for(1), ElementsAre("loaded Mid_1008.sh"));
  EXPECT_EQ(sources_->find(ModuleId{1008}, Platform::ssh)->bytes, "two\n");
  put("ssh/Mid_1008.sh", "");
  EXPECT_THAT(wait_for(1), ElementsAre("broken Mid_1008.sh"));
  EXPECT_EQ(sources_->find(ModuleId{1008}, Platform::ssh)->bytes, "two\n");
  std::filesystem::remove(data_ + "/modules/ssh/Mid_1008.sh");
  EXPECT_THAT(wait_for(1), ElementsAre("removed Mid_1008.sh"));
}

TEST_F(ReloadTest, ANewPlatformFolderIsSeen) {
  start();
  wait_for(0);
  std::filesystem::create_directory(data_ + "/modules/ansible");
  std::filesystem::permissions(data_ + "/modules/ansible", std::filesystem::perms(0700));
  put("ansible/Mid_1008.yml", "- hosts: all\n");
  EXPECT_THAT(wait_for(1), ElementsAre("loaded Mid_1008.yml"));
}

TEST_F(ReloadTest, APermissionThatBecomesUnsafeIsSeen) {
  start();
  put("ssh/Mid_1008.sh", "one\n");
  wait_for(1);
  ASSERT_EQ(::chmod((data_ + "/modules/ssh/Mid_1008.sh").c_str(), 0666), 0);
  EXPECT_THAT(wait_for(1), ElementsAre("broken Mid_1008.sh"));
}

TEST_F(ReloadTest, WhatChangedBeforeItBeganIsReported) {
  std::filesystem::create_directories(data_ + "/modules/ssh");
  std::filesystem::permissions(data_ + "/modules", std::filesystem::perms(0700));
  std::filesystem::permissions(data_ + "/modules/ssh", std::filesystem::perms(0700));
  sources_->scan();
  put("ssh/Mid_1008.sh", "one\n");
  start();
  EXPECT_THAT(wait_for(1), ElementsAre("loaded Mid_1008.sh"));
}

TEST_F(ReloadTest, AfterTheEndNothingIsReported) {
  start();
  for (int i = 0; i < 20; ++i) put("ssh/Mid_" + std::to_string(1008 + i) + ".sh", "x\n");
  reload_->scan_soon();
  reload_.reset();
  words_.clear();
  put("ssh/Mid_2000.sh", "x\n");
  for (int turns = 0; turns < 20; ++turns) reactor_->turn(milliseconds(10));
  EXPECT_THAT(words_, testing::IsEmpty());
}

}  // namespace
}  // namespace om::catalogue
