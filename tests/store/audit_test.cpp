// SPDX-License-Identifier: MIT
#include "om/store/audit.h"

#include <gmock/gmock.h>

#include "store/temp_store.h"
#include "store/transaction.h"

namespace om::store {
namespace {

using testing::HasSubstr;

class AuditTest : public StoreFixture {
 protected:
  void append(int count) {
    write([&](Transaction& transaction) -> Result<void> {
      for (int i = 0; i < count; ++i)
        OM_TRY(append_audit(transaction, {0, 1000 + i, "admin", "api", "127.0.0.1", "run.start",
                                          "run " + std::to_string(i), "module 1001"}));
      return {};
    });
  }
  /// As somebody with a SQLite shell would.
  void tamper(const std::string& sql) {
    write([&](Transaction& transaction) {
      return transaction.connection().execute_script(
          "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;" + sql);
    });
  }
  AuditVerdict verify(const std::optional<AuditHead>& known = std::nullopt) {
    auto verdict = verify_audit(*reader(), known);
    EXPECT_TRUE(verdict);
    return verdict ? *verdict : AuditVerdict{};
  }
};

TEST_F(AuditTest, EmptyAndLongChainsAreRight) {
  EXPECT_EQ(verify().broken_at, 0);
  EXPECT_EQ(verify().rows, 0);
  append(12'001);  // three pages
  const AuditVerdict verdict = verify(*audit_head(*reader()));
  EXPECT_EQ(verdict.broken_at, 0) << verdict.fault;
  EXPECT_EQ(verdict.rows, 12'001);
}

TEST_F(AuditTest, EntriesAreListedNewestFirst) {
  append(5);
  const auto newest = *list_audit(*reader(), std::nullopt, 2);
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].id, 5);
  EXPECT_EQ(newest[0].at_ms, 1004);
  EXPECT_EQ(newest[0].object, "run 4");
  EXPECT_EQ(newest[0].details, "module 1001");
  EXPECT_EQ(list_audit(*reader(), 4, 10)->front().id, 3);
}

TEST_F(AuditTest, RowsCannotBeChangedOrDeletedInPassing) {
  append(3);
  for (const char* sql : {"UPDATE audit SET user = 'x' WHERE id = 2", "DELETE FROM audit"}) {
    const auto refused = store_->write(
        [&](Transaction& transaction) { return transaction.connection().execute_script(sql); });
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("append-only"));
  }
  EXPECT_EQ(verify().rows, 3);
}

struct Tampering {
  const char* sql;
  std::int64_t broken_at;
  const char* fault;
};

TEST_F(AuditTest, EveryTamperingIsFoundAtItsPlace) {
  const Tampering tamperings[] = {
      {"UPDATE audit SET user = 'eve' WHERE id = 4", 4, "was changed"},
      {"UPDATE audit SET at_ms = 1 WHERE id = 1", 1, "was changed"},
      {"UPDATE audit SET details = '' WHERE id = 7", 7, "was changed"},
      {"UPDATE audit SET action = 'run.startr', object = 'un 4' WHERE id = 5", 5, "was changed"},
      {"UPDATE audit SET hash = x'00' WHERE id = 6", 6, "was changed"},
      {"DELETE FROM audit WHERE id = 3", 3, "is missing"},
      {"DELETE FROM audit WHERE id = 1", 1, "is missing"},
      {"DELETE FROM audit WHERE id > 8", 9, "are missing"},
      {"DELETE FROM audit", 1, "are missing"},
      {"UPDATE audit SET id = 100 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
       "UPDATE audit SET id = 3 WHERE id = 100",
       2, "was changed"},
      {"UPDATE audit_head SET id = 9", 10, "past the head"},
      {"UPDATE audit_head SET hash = x'00'", 10, "head names"},
      {"DELETE FROM audit WHERE id = 10;"
       "UPDATE audit_head SET id = 9, hash = (SELECT hash FROM audit WHERE id = 9)",
       10, "kept elsewhere is newer"},
  };
  for (const Tampering& tampering : tamperings) {
    std::filesystem::remove(folder_.database());
    store_.reset();
    std::filesystem::remove(folder_.database());
    SetUp();
    append(10);
    const AuditHead kept = *audit_head(*reader());
    tamper(tampering.sql);
    const AuditVerdict verdict = verify(kept);
    EXPECT_EQ(verdict.broken_at, tampering.broken_at) << tampering.sql;
    EXPECT_THAT(verdict.fault, HasSubstr(tampering.fault)) << tampering.sql;
    EXPECT_THAT(verdict.fault, HasSubstr("audit row " + std::to_string(tampering.broken_at)));
  }
}

TEST_F(AuditTest, AChainMadeAnewIsFoundByAHeadKeptElsewhere) {
  append(4);
  const AuditHead kept = *audit_head(*reader());
  tamper("DELETE FROM audit; UPDATE audit_head SET id = 0, hash = x''");
  write([](Transaction& transaction) -> Result<void> {
    OM_TRY(append_audit(transaction, {0, 5, "eve", "", "", "", "", ""}));
    return {};
  });
  append(5);
  EXPECT_EQ(verify().broken_at, 0);
  EXPECT_EQ(verify(kept).broken_at, 4);
}

TEST_F(AuditTest, HostileTextIsKeptAsItIs) {
  const std::string hostile("\x1b[2J\n\xe2\x80\xae'; DROP TABLE audit;\0\xff", 29);
  write([&](Transaction& transaction) -> Result<void> {
    OM_TRY(append_audit(transaction, {0, 1, hostile, hostile, hostile, hostile, hostile, hostile}));
    return {};
  });
  EXPECT_EQ(list_audit(*reader(), std::nullopt, 1)->front().details, hostile);
  EXPECT_EQ(verify().broken_at, 0);
}

TEST_F(AuditTest, FailedWorkLeavesNoGap) {
  append(1);
  EXPECT_FALSE(store_->write([](Transaction& transaction) -> Result<void> {
    OM_TRY(append_audit(transaction, {}));
    return fail(Errc::conflict, "", "no");
  }));
  append(1);
  EXPECT_EQ(verify().rows, 2);
  EXPECT_EQ(verify().broken_at, 0);
}

}  // namespace
}  // namespace om::store
