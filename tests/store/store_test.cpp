// SPDX-License-Identifier: MIT
#include "om/store/store.h"

#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "store/checkpoints.h"
#include "store/reader_pool.h"
#include "store/temp_store.h"
#include "store/transaction.h"

namespace om::store {
namespace {

using testing::HasSubstr;

Result<void> set(Transaction& transaction, const std::string& key, std::int64_t value) {
  return transaction.connection().execute(
      "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = "
      "excluded.value",
      key, std::to_string(value));
}

std::int64_t get(Connection& connection, const std::string& key) {
  auto value = connection.query_integer("SELECT value FROM setting WHERE key = ?", key);
  return value ? *value : -1;
}

class StoreTest : public StoreFixture {
 protected:
  std::int64_t wal_size() {
    std::error_code missing;
    const auto size = std::filesystem::file_size(folder_.database() + "-wal", missing);
    return missing ? 0 : static_cast<std::int64_t>(size);
  }
};

TEST_F(StoreTest, WrittenIsThereForReadersAndAfterReopening) {
  write([](Transaction& transaction) { return set(transaction, "a", 7); });
  EXPECT_EQ(get(*reader(), "a"), 7);
  reopen();
  EXPECT_EQ(get(*reader(), "a"), 7);
}

TEST_F(StoreTest, FilesAreForTheirOwnerOnly) {
  write([](Transaction& transaction) { return set(transaction, "a", 1); });
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(StoreTest, FailedWorkIsUndoneAndItsNeighboursAreNot) {
  // Holds the writer until the others are queued, so that those share one transaction.
  std::promise<void> queued;
  auto release = queued.get_future();
  store_->submit(
      [&](Transaction&) {
        release.wait();
        return Result<void>();
      },
      nullptr);
  std::promise<Result<void>> failed;
  auto failure = failed.get_future();
  store_->submit([](Transaction& transaction) { return set(transaction, "before", 1); }, nullptr);
  store_->submit(
      [](Transaction& transaction) -> Result<void> {
        OM_TRY(set(transaction, "failed", 1));
        return fail(Errc::conflict, "test.no", "no");
      },
      [&](Result<void> result) { failed.set_value(std::move(result)); });
  store_->submit([](Transaction& transaction) { return set(transaction, "after", 1); }, nullptr);
  queued.set_value();
  write([](Transaction&) { return Result<void>(); });
  EXPECT_EQ(failure.get().error().reason, "test.no");
  EXPECT_EQ(get(*reader(), "before"), 1);
  EXPECT_EQ(get(*reader(), "failed"), -1);
  EXPECT_EQ(get(*reader(), "after"), 1);
}

TEST_F(StoreTest, DoneComesAfterTheCommit) {
  std::promise<std::int64_t> seen;
  store_->submit([](Transaction& transaction) { return set(transaction, "a", 3); },
                 [&](Result<void> result) {
                   EXPECT_TRUE(result);
                   seen.set_value(get(*reader(), "a"));
                 });
  EXPECT_EQ(seen.get_future().get(), 3);
}

TEST_F(StoreTest, WorkMayBeSubmittedFromDone) {
  std::promise<void> second;
  store_->submit([](Transaction& transaction) { return set(transaction, "a", 1); },
                 [&](Result<void>) {
                   store_->submit([](Transaction& transaction) { return set(transaction, "b", 2); },
                                  [&](Result<void>) { second.set_value(); });
                 });
  second.get_future().wait();
  EXPECT_EQ(get(*reader(), "b"), 2);
}

TEST_F(StoreTest, QueuedWorkIsCommittedBeforeTheStoreCloses) {
  for (int i = 0; i < 500; ++i)
    store_->submit(
        [i](Transaction& transaction) { return set(transaction, "k" + std::to_string(i), i); },
        nullptr);
  reopen();
  EXPECT_EQ(*(*reader()).query_integer("SELECT count(*) FROM setting WHERE key LIKE 'k%'"), 500);
}

TEST_F(StoreTest, ReadersSeeWholeTransactionsWhileWritersWrite) {
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> reads{0};
  write([](Transaction& transaction) -> Result<void> {
    OM_TRY(set(transaction, "left", 0));
    return set(transaction, "right", 0);
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (!stop) {
        const Reader reader = this->reader();
        const auto read = snapshot(*reader, [&]() -> Result<void> {
          if (get(*reader, "left") != get(*reader, "right")) ++torn;
          return {};
        });
        if (read) ++reads;
      }
    });
  for (int i = 1; i <= 300; ++i)
    write([i](Transaction& transaction) -> Result<void> {
      OM_TRY(set(transaction, "left", i));
      return set(transaction, "right", i);
    });
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GT(reads, 0);
  EXPECT_EQ(get(*reader(), "left"), 300);
}

TEST_F(StoreTest, ReadersCannotWriteOrCheckpoint) {
  const Reader reader = this->reader();
  const auto written = (*reader).execute("INSERT INTO setting (key, value) VALUES ('a', 'b')");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().reason, "store.cannot_open");
  int pages = 0;
  int copied = 0;
  EXPECT_NE(sqlite3_wal_checkpoint_v2((*reader).handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                      &pages, &copied),
            SQLITE_OK);
}

TEST_F(StoreTest, TooManyReadersAreToldToComeBack) {
  ReaderPool pool(folder_.database(), clock_, std::chrono::milliseconds(20));
  std::vector<std::unique_ptr<Connection>> leased;
  for (int i = 0; i < kMaxReaders; ++i) leased.push_back(*pool.lease());
  const auto refused = pool.lease();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  for (auto& connection : leased) pool.give_back(std::move(connection));
  auto again = pool.lease();
  ASSERT_TRUE(again);
  pool.give_back(std::move(*again));
}

TEST_F(StoreTest, ALeaseWaitsForAConnectionToComeBack) {
  ReaderPool pool(folder_.database(), clock_, std::chrono::seconds(60));
  std::vector<std::unique_ptr<Connection>> leased;
  for (int i = 0; i < kMaxReaders; ++i) leased.push_back(*pool.lease());
  std::thread waiter([&] { pool.give_back(*pool.lease()); });
  for (auto& connection : leased) pool.give_back(std::move(connection));
  waiter.join();
}

TEST_F(StoreTest, ReadThatTakesTooLongIsStopped) {
  const Reader reader = this->reader();
  const auto result = snapshot(*reader, [&]() -> Result<void> {
    OM_TRY((*reader).query_integer("SELECT count(*) FROM setting"));
    clock_.advance(kReadLimit + std::chrono::milliseconds(1));
    OM_TRY((*reader).query_integer(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)"
        " SELECT count(*) FROM n"));
    return {};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timed_out);
  EXPECT_EQ(get(*reader, "none"), -1);  // and the connection serves on
}

TEST_F(StoreTest, LogStaysSmallUnderWritesWithAReaderLeased) {
  const Reader held = reader();
  EXPECT_EQ(get(*held, "none"), -1);
  const std::string chunk(32 << 10, 'x');
  std::int64_t largest = 0;
  for (int i = 0; i < 100; ++i) {
    write([&](Transaction& transaction) -> Result<void> {
      for (int j = 0; j < 32; ++j)
        OM_TRY(transaction.connection().execute("INSERT INTO source (sha256, bytes) VALUES (?, ?)",
                                                std::to_string(i * 32 + j), Blob{chunk}));
      return {};
    });
    largest = std::max(largest, wal_size());
  }
  EXPECT_EQ(get(*held, "none"), -1);
  EXPECT_LT(largest, 2 * kPassiveBytes);  // of 100 MiB written
}

TEST_F(StoreTest, LogShrinksOnceASnapshotThatHeldItHasEnded) {
  const std::string chunk(1 << 20, 'x');
  const auto fill = [&](int from) {
    for (int i = from; i < from + 24; ++i)
      write([&](Transaction& transaction) {
        return transaction.connection().execute("INSERT INTO source (sha256, bytes) VALUES (?, ?)",
                                                std::to_string(i), Blob{chunk});
      });
  };
  {
    const Reader held = reader();
    EXPECT_TRUE(snapshot(*held, [&]() -> Result<void> {
      EXPECT_EQ(get(*held, "none"), -1);
      fill(0);
      EXPECT_GT(wal_size(), 20 << 20);
      return {};
    }));
  }
  fill(100);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (wal_size() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(wal_size(), 0);  // emptied when idle
}

TEST_F(StoreTest, FullDiskFailsTheWriteAndNothingElse) {
  write([](Transaction& transaction) -> Result<void> {
    OM_TRY(set(transaction, "a", 1));
    return transaction.connection().execute_script("PRAGMA max_page_count=60");
  });
  const std::string large(1 << 20, 'x');
  const auto full = store_->write([&](Transaction& transaction) {
    return transaction.connection().execute("INSERT INTO source (sha256, bytes) VALUES ('x', ?)",
                                            Blob{large});
  });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().reason, "store.disk_full");
  EXPECT_EQ(full.error().code, Errc::io);
  write([](Transaction& transaction) {
    return transaction.connection().execute_script("PRAGMA max_page_count=1000000");
  });
  write([](Transaction& transaction) { return set(transaction, "a", 2); });
  EXPECT_EQ(get(*reader(), "a"), 2);
  EXPECT_EQ(*(*reader()).query_integer("SELECT count(*) FROM source"), 0);
}

TEST_F(StoreTest, WriterIsSetUpForDurability) {
  write([](Transaction& transaction) -> Result<void> {
    Connection& connection = transaction.connection();
    EXPECT_EQ(*connection.query_integer("PRAGMA synchronous"), 2);
    EXPECT_EQ(*connection.query_integer("PRAGMA wal_autocheckpoint"), 0);
    EXPECT_EQ(*connection.query_integer("PRAGMA foreign_keys"), 1);
    EXPECT_EQ(*connection.query_integer("PRAGMA temp_store"), 2);
    EXPECT_EQ(*connection.query_integer("PRAGMA page_size"), 8192);
    EXPECT_EQ(*connection.query_integer("PRAGMA auto_vacuum"), 2);
    auto mode = connection.query("PRAGMA journal_mode");
    EXPECT_TRUE(*mode->step());
    EXPECT_EQ(mode->text(0), "wal");
    return {};
  });
}

TEST_F(StoreTest, TextAndBytesComeBackAsTheyWere) {
  const std::string bytes("\0\xff\n'; DROP TABLE setting; --\0", 28);
  write([&](Transaction& transaction) -> Result<void> {
    Connection& connection = transaction.connection();
    OM_TRY(
        connection.execute("INSERT INTO source (sha256, bytes) VALUES (?, ?)", bytes, Blob{bytes}));
    OM_TRY(connection.execute("INSERT INTO source (sha256, bytes) VALUES ('empty', ?)",
                              Blob{std::string_view()}));
    return connection.execute("INSERT INTO setting (key, value) VALUES ('none', ?)",
                              std::string_view());
  });
  const Reader reader = this->reader();
  auto rows = (*reader).query("SELECT sha256, bytes FROM source WHERE sha256 = ?", bytes);
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->text(0), bytes);
  EXPECT_EQ(rows->text(1), bytes);
  auto empty = (*reader).query("SELECT bytes FROM source WHERE sha256 = 'empty'");
  ASSERT_TRUE(*empty->step());
  EXPECT_FALSE(empty->is_null(0));
  EXPECT_EQ(empty->text(0), "");
}

TEST_F(StoreTest, AStatementMayBeUsedInsideItself) {
  const Reader reader = this->reader();
  const auto open = [&] { return (*reader).query("SELECT id FROM category ORDER BY id"); };
  auto outer = open();
  int count = 0;
  while (*outer->step()) {
    auto inner = open();
    ASSERT_TRUE(*inner->step());
    EXPECT_EQ(inner->integer(0), 1);
    ++count;
  }
  EXPECT_EQ(count, 13);
}

}  // namespace
}  // namespace om::store
