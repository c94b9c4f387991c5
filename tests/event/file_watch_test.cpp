// SPDX-License-Identifier: MIT
#include "om/event/file_watch.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace om::event {
namespace {

using std::chrono::milliseconds;

class FileWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-watch-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ + "/ssh");
    auto created = FileWatch::create(
        *reactor_, folder_, milliseconds(50),
        [&](const std::vector<std::string>& paths) { reports_.push_back(paths); });
    ASSERT_TRUE(created) << created.error().message;
    watch_ = std::move(created).value();
  }
  void TearDown() override {
    watch_.reset();
    std::filesystem::remove_all(folder_);
  }
  void write(const std::string& path) { std::ofstream(folder_ + "/" + path) << "x"; }
  void wait_for_report() {
    for (int turns = 0; turns < 500 && reports_.empty(); ++turns) reactor_->turn(milliseconds(20));
  }

  SystemClock clock_;
  std::unique_ptr<Reactor> reactor_ = *Reactor::create(clock_);
  std::unique_ptr<FileWatch> watch_;
  std::vector<std::vector<std::string>> reports_;
  std::string folder_;
};

TEST_F(FileWatchTest, ABurstOfChangesIsOneReportWithEachPathOnce) {
  for (int i = 0; i < 20; ++i) write("ssh/Mid_1008.sh");
  write("top");
  wait_for_report();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0], (std::vector<std::string>{"ssh/Mid_1008.sh", "top"}));
}

TEST_F(FileWatchTest, FilesOfANewFolderAreSeen) {
  std::filesystem::create_directories(folder_ + "/ansible/deep");
  write("ansible/deep/Mid_1.yml");
  wait_for_report();
  ASSERT_FALSE(reports_.empty());
  bool seen = false;
  for (const std::string& path : reports_[0]) seen = seen || path == "ansible/deep/Mid_1.yml";
  EXPECT_TRUE(seen);
}

TEST_F(FileWatchTest, DeletionIsAChange) {
  write("ssh/a");
  wait_for_report();
  reports_.clear();
  std::filesystem::remove(folder_ + "/ssh/a");
  wait_for_report();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0], (std::vector<std::string>{"ssh/a"}));
}

}  // namespace
}  // namespace om::event
