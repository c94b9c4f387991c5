// SPDX-License-Identifier: MIT
#include "store/migrate.h"

#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/base/files.h"

namespace om::store {
namespace {

using testing::HasSubstr;

constexpr Migration kOne{1, "one", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);"};
constexpr Migration kTwo{2, "two", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;"};
constexpr Migration kThree{3, "three", "CREATE TABLE b (z INTEGER); INSERT INTO b VALUES (9);"};

class MigrateTest : public testing::Test {
 protected:
  Result<void> open(std::vector<Migration> migrations) {
    auto store = Store::open({folder_.database(), migrations}, clock_);
    if (!store) return store.error();
    return {};
  }
  std::int64_t ask(const std::string& path, Sql sql) {
    auto connection = Connection::open(path, Connection::Mode::writer, clock_);
    OM_CHECK(connection.has_value());
    auto value = (*connection)->query_integer(sql);
    return value ? *value : -1;
  }
  void corrupt(std::int64_t at, std::string_view bytes) {
    std::fstream file(folder_.database(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.write(bytes.data(), std::ssize(bytes));
  }
  std::string copy(int number) { return folder_.database() + ".before-" + std::to_string(number); }

  ManualClock clock_;
  TempFolder folder_;
};

TEST_F(MigrateTest, NewDatabaseGoesThroughEveryStepWithoutACopy) {
  ASSERT_TRUE(open({kOne, kTwo}));
  EXPECT_EQ(ask(folder_.database(), "SELECT y FROM a"), 2);
  EXPECT_EQ(ask(folder_.database(), "PRAGMA user_version"), 2);
  EXPECT_EQ(ask(folder_.database(), "PRAGMA application_id"), kApplicationId);
  EXPECT_FALSE(std::filesystem::exists(copy(1)));
}

TEST_F(MigrateTest, CopyFromBeforeIsWholeAndPrivate) {
  ASSERT_TRUE(open({kOne}));
  ASSERT_TRUE(open({kOne, kTwo, kThree}));
  EXPECT_EQ(ask(folder_.database(), "SELECT y + z FROM a, b"), 11);
  EXPECT_EQ(ask(copy(2), "SELECT x FROM a"), 1);
  EXPECT_EQ(ask(copy(2), "PRAGMA user_version"), 1);
  struct stat info {};
  ASSERT_EQ(::stat(copy(2).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(copy(2) + ".partial"));
  EXPECT_FALSE(std::filesystem::exists(copy(3)));
}

TEST_F(MigrateTest, CopyPutBackOpensWithTheOldProgram) {
  ASSERT_TRUE(open({kOne}));
  ASSERT_TRUE(open({kOne, kTwo}));
  EXPECT_EQ(open({kOne}).error().reason, "store.too_new");
  std::filesystem::rename(copy(2), folder_.database());
  EXPECT_TRUE(open({kOne}));
}

TEST_F(MigrateTest, NewerDatabaseIsRefusedAndLeftAlone) {
  ASSERT_TRUE(open({kOne, kTwo, kThree}));
  const auto refused = open({kOne, kTwo});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_EQ(refused.error().reason, "store.too_new");
  EXPECT_THAT(refused.error().message, HasSubstr("schema 3, this one knows 2"));
  EXPECT_EQ(ask(folder_.database(), "PRAGMA user_version"), 3);
}

TEST_F(MigrateTest, FailedStepLeavesTheOnesBeforeItAndGoesOnLater) {
  constexpr Migration kBad{2, "bad", "CREATE TABLE b (z INTEGER); INSERT INTO nowhere VALUES (1);"};
  ASSERT_TRUE(open({kOne}));
  const auto failed = open({kOne, kBad});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason, "store.migration_failed");
  EXPECT_THAT(failed.error().message, HasSubstr("migration 2 (bad)"));
  EXPECT_EQ(ask(folder_.database(), "PRAGMA user_version"), 1);
  EXPECT_EQ(ask(folder_.database(), "SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_TRUE(open({kOne, kTwo, kThree}));
}

TEST_F(MigrateTest, StepThatLeavesAReferenceToNothingIsUndone) {
  constexpr Migration kParent{2, "parent",
                              "CREATE TABLE p (id INTEGER PRIMARY KEY);"
                              "CREATE TABLE c (p INTEGER REFERENCES p (id));"
                              "INSERT INTO c VALUES (5);"};
  ASSERT_TRUE(open({kOne}));
  const auto failed = open({kOne, kParent});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("a row of c refers to a row of p"));
  EXPECT_EQ(ask(folder_.database(), "PRAGMA user_version"), 1);
}

TEST_F(MigrateTest, SomebodyElsesDatabaseIsRefused) {
  {
    auto other = Connection::open(folder_.database(), Connection::Mode::writer, clock_);
    ASSERT_TRUE((*other)->execute_script("CREATE TABLE bookmarks (url TEXT)"));
  }
  const auto before = *files::read(folder_.database(), 1 << 20);
  EXPECT_EQ(open({kOne}).error().reason, "store.foreign");
  EXPECT_EQ(*files::read(folder_.database(), 1 << 20), before);
}

TEST_F(MigrateTest, FileThatIsNoDatabaseIsDamaged) {
  std::ofstream(folder_.database()) << std::string(10000, 'x');
  const auto refused = open({kOne});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "store.damaged");
  EXPECT_THAT(refused.error().message, HasSubstr(folder_.database()));
}

TEST_F(MigrateTest, DamagedPageIsRefusedAtStart) {
  ASSERT_TRUE(open(embedded_migrations()));
  // Page 3 holds a table; its header says what kind of page it is.
  corrupt(2 * 8192, std::string(64, '\xee'));
  const auto refused = open(embedded_migrations());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "store.damaged");
}

TEST_F(MigrateTest, CutFileIsRefusedAtStart) {
  ASSERT_TRUE(open(embedded_migrations()));
  std::filesystem::resize_file(folder_.database(), 5 * 8192);
  const auto refused = open(embedded_migrations());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "store.damaged");
}

TEST_F(MigrateTest, FileSystemWithoutAWriteAheadLogIsRefused) {
  const auto memory = Connection::open(":memory:", Connection::Mode::writer, clock_);
  ASSERT_TRUE(memory);
  EXPECT_EQ((*memory)->use_write_ahead_log().error().reason, "store.no_wal");
}

TEST_F(MigrateTest, FolderThatIsNotThereIsNamed) {
  const auto refused =
      Store::open({folder_.path() + "/none/omserver.db", embedded_migrations()}, clock_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("/none/omserver.db"));
}

TEST_F(MigrateTest, EmbeddedOnesAreNumberedWithoutGaps) {
  const auto migrations = embedded_migrations();
  ASSERT_GE(migrations.size(), 4U);
  for (std::size_t i = 0; i < migrations.size(); ++i)
    EXPECT_EQ(migrations[i].number, static_cast<int>(i) + 1);
  EXPECT_EQ(migrations[0].name, "inventory");
}

}  // namespace
}  // namespace om::store
