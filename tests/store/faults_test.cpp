// SPDX-License-Identifier: MIT
//
// A disk that fails in the middle: nothing is acknowledged that is not there, and the store goes on
// once it is well.

#include <latch>

#include <gtest/gtest.h>

#include "store/faulty_disk.h"
#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/store/settings.h"

namespace om::store {
namespace {

constexpr int kWrites = 6;

TEST(FaultsTest, FailedWriteOrSyncIsNeverAcknowledgedAndMends) {
  const ManualClock clock;
  int rounds_with_failures = 0;
  for (int good = 0; good < 24; ++good) {
    SCOPED_TRACE(good);
    const TempFolder folder;
    FaultyDisk disk;
    auto store = open_store(folder, clock);
    ASSERT_NE(store, nullptr);
    const auto put = [&](const std::string& key) {
      return store->write([&](Transaction& transaction) -> Result<void> {
        OM_TRY(set_setting(transaction, key, std::string(20'000, 'x')));
        return set_setting(transaction, key + "-second", "y");
      });
    };
    std::vector<bool> acknowledged;
    disk.fail_after(good);
    for (int i = 0; i < kWrites; ++i) {
      const auto done = put("k" + std::to_string(i));
      acknowledged.push_back(done.has_value());
      if (!done) {
        EXPECT_EQ(done.error().code, Errc::io) << done.error().message;
      }
    }
    if (disk.failures() > 0) ++rounds_with_failures;
    EXPECT_EQ(disk.failures() == 0, acknowledged.back());
    disk.mend();
    const auto mended = put("after");
    EXPECT_TRUE(mended) << mended.error().message;

    store.reset();
    store = open_store(folder, clock);
    ASSERT_NE(store, nullptr);
    const auto reader = store->read();
    for (int i = 0; i < kWrites; ++i) {
      const std::string key = "k" + std::to_string(i);
      const bool there = find_setting(**reader, key)->has_value();
      EXPECT_EQ(there, find_setting(**reader, key + "-second")->has_value()) << key;
      EXPECT_TRUE(there || !acknowledged[static_cast<std::size_t>(i)]) << key;
    }
    EXPECT_TRUE(find_setting(**reader, "after")->has_value());
  }
  EXPECT_GT(rounds_with_failures, 15);
}

TEST(FaultsTest, EverybodyInTheFailedTransactionIsTold) {
  const ManualClock clock;
  const TempFolder folder;
  FaultyDisk disk;
  const auto store = open_store(folder, clock);
  ASSERT_NE(store, nullptr);
  std::latch told(10);
  disk.fail_after(0);
  for (int i = 0; i < 10; ++i)
    store->submit(
        [i](Transaction& transaction) { return set_setting(transaction, std::to_string(i), "x"); },
        [&](Result<void> result) {
          EXPECT_FALSE(result);
          told.count_down();
        });
  told.wait();
  disk.mend();
  EXPECT_TRUE(store->write([](Transaction& t) { return set_setting(t, "after", "x"); }));
  const auto reader = store->read();
  EXPECT_FALSE(find_setting(**reader, "0")->has_value());
  EXPECT_TRUE(find_setting(**reader, "after")->has_value());
}

}  // namespace
}  // namespace om::store
