// SPDX-License-Identifier: MIT
//
// Connection: one SQLite connection with its prepared statements. Owned by the writer or by the
// pool of readers, used by one thread at a time. A reading connection stops any statement (or
// snapshot) that goes on for longer than kReadLimit: a reader that stays pins the write-ahead log.
// Fails with the errors of sqlite_error.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include <sqlite3.h>

#include "store/statement.h"

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/store/store.h"

namespace om::store {

inline constexpr std::chrono::seconds kReadLimit{5};

class Connection {
 public:
  enum class Mode {
    writer,  ///< creates the file if it is not there; the only one that may write and checkpoint
    reader,  ///< read-only
  };
  /// Requires: clock outlives the connection.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode,
                                                  const Clock& clock);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Gives a new file its format, and has changes go through the write-ahead log: the first thing
  /// that writes to the file, so not before it is known to be ours. Requires: writer.
  Result<void> use_write_ahead_log();

  /// Runs one statement to its end.
  template <class... Args>
  Result<void> execute(Sql sql, const Args&... args) {
    OM_TRY_SET(Statement statement, prepare(sql));
    statement.bind_all(Lifetime::until_done, args...);
    return statement.finish();
  }
  /// A statement bound and ready to step; its arguments are copied.
  template <class... Args>
  Result<Statement> query(Sql sql, const Args&... args) {
    OM_TRY_SET(Statement statement, prepare(sql));
    statement.bind_all(Lifetime::copied, args...);
    return Result<Statement>(std::move(statement));
  }
  /// Any number of statements without parameters: pragmas and migrations.
  Result<void> execute_script(const std::string& sql);
  /// The first column of the first row; not_found without one.
  template <class... Args>
  Result<std::int64_t> query_integer(Sql sql, const Args&... args) {
    OM_TRY_SET(Statement statement, query(sql, args...));
    OM_TRY_SET(const bool row, statement.step());
    if (!row) return fail(Errc::not_found, "", "no such row");
    return statement.integer(0);
  }

  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  std::int64_t last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  sqlite3* handle() const { return handle_; }

 private:
  struct Cached {
    sqlite3_stmt* handle = nullptr;
    bool busy = false;
  };
  Connection(sqlite3* handle, Mode mode, const Clock& clock);
  Result<void> configure();
  Result<Statement> prepare(Sql sql);
  static int on_progress(void* self);

  sqlite3* handle_;
  Mode mode_;
  const Clock& clock_;
  MonotonicTime read_deadline_{};
  std::unordered_map<const char*, Cached> statements_;  // nodes stay where they are
};

/// Everything read while it lives is of one moment. Nested: the outer one counts. Keep it short,
/// see kReadLimit.
class Snapshot {
 public:
  static Result<Snapshot> begin(Connection& connection);
  Snapshot(Snapshot&& other) noexcept;
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();

 private:
  explicit Snapshot(Connection* connection) : connection_(connection) {}
  Connection* connection_;
};

}  // namespace om::store
