// SPDX-License-Identifier: MIT
//
// A folder that goes away with the test, and a store in it with the real migrations.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "om/base/clock.h"
#include "om/store/store.h"

namespace om::store {

class TempFolder {
 public:
  TempFolder() {
    std::string name = testing::TempDir() + "om-store-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string database() const { return path_ + "/omserver.db"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// With the embedded migrations, expecting that it opens.
inline std::unique_ptr<Store> open_store(const TempFolder& folder, const Clock& clock) {
  const auto migrations = embedded_migrations();
  auto opened = Store::open({folder.database(), migrations}, clock);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  return std::move(*opened);
}

class StoreFixture : public testing::Test {
 protected:
  void SetUp() override {
    store_ = open_store(folder_, clock_);
    ASSERT_NE(store_, nullptr);
  }
  void reopen() {
    store_.reset();
    store_ = open_store(folder_, clock_);
    ASSERT_NE(store_, nullptr);
  }
  /// Writes, and expects that it worked.
  void write(Store::Work work) {
    const Result<void> done = store_->write(std::move(work));
    EXPECT_TRUE(done) << done.error().message;
  }
  Reader reader() {
    auto reader = store_->read();
    OM_CHECK(reader.has_value());
    return std::move(*reader);
  }

  ManualClock clock_;
  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace om::store
