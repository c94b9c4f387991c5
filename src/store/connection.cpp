// SPDX-License-Identifier: MIT
#include "store/connection.h"

#include <utility>

#include "store/sqlite_error.h"

namespace om::store {
namespace {

// About a tenth of a millisecond of SQLite's virtual machine.
constexpr int kProgressSteps = 5000;
constexpr int kBusyTimeoutMs = 5000;

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode,
                                                     const Clock& clock) {
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
      (mode == Mode::writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (code != SQLITE_OK) {
    auto error = handle ? error_from(handle, path) : error_from_code(code, path, "out of memory");
    sqlite3_close(handle);
    return error;
  }
  std::unique_ptr<Connection> connection(new Connection(handle, mode, clock));
  if (auto configured = connection->configure(); !configured)
    return configured.error().within(path);
  return connection;
}

Connection::Connection(sqlite3* handle, Mode mode, const Clock& clock)
    : handle_(handle), mode_(mode), clock_(clock) {}

Connection::~Connection() {
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.handle);
  // BUSY would mean that a Statement outlived its connection.
  OM_CHECK(sqlite3_close(handle_) == SQLITE_OK);
}

Result<void> Connection::configure() {
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (mode_ == Mode::reader) {
    // One connection writes and checkpoints, or two could meet SQLite's WAL-reset race (3.7.0 to
    // 3.51.2).
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_progress_handler(handle_, kProgressSteps, &Connection::on_progress, this);
    return execute_script(
        "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0;"
        "PRAGMA cell_size_check=ON;");
  }
  return execute_script(
      "PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
      "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
      "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8192;");
}

Result<void> Connection::use_write_ahead_log() {
  // These two only count before the first table.
  OM_TRY(execute_script("PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL;"));
  OM_TRY_SET(Statement answer, query("PRAGMA journal_mode=WAL"));
  OM_TRY_SET(const bool row, answer.step());
  if (row && answer.text(0) == "wal") return {};
  return fail(Errc::io, "store.no_wal",
              "this file system cannot hold the database (no shared memory for its write-ahead "
              "log); put the data directory on a local disk");
}

Result<void> Connection::execute_script(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return error_from(handle_, "database");
  return {};
}

Result<Statement> Connection::prepare(Sql sql) {
  if (mode_ == Mode::reader && !in_transaction()) read_deadline_ = clock_.now() + kReadLimit;
  Cached& cached = statements_[sql.text];
  if (!cached.handle || cached.busy) {
    sqlite3_stmt* handle = nullptr;
    const unsigned flags = cached.busy ? 0 : SQLITE_PREPARE_PERSISTENT;
    if (sqlite3_prepare_v3(handle_, sql.text, -1, flags, &handle, nullptr) != SQLITE_OK)
      return error_from(handle_, "database");
    // Used again while it is out (a query inside a query of the same text): that one is its own.
    if (cached.busy) return Statement(handle_, handle, nullptr);
    cached.handle = handle;
  }
  cached.busy = true;
  return Statement(handle_, cached.handle, &cached.busy);
}

int Connection::on_progress(void* self) {
  const auto* connection = static_cast<const Connection*>(self);
  return connection->clock_.now() > connection->read_deadline_ ? 1 : 0;
}

Result<Snapshot> Snapshot::begin(Connection& connection) {
  if (connection.in_transaction()) return Snapshot(nullptr);
  OM_TRY(connection.execute("BEGIN"));
  return Snapshot(&connection);
}

Snapshot::Snapshot(Snapshot&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Snapshot::~Snapshot() {
  if (!connection_) return;
  // Nothing was written, so there is nothing to lose; it fails only when SQLite has rolled back
  // itself.
  static_cast<void>(connection_->execute("ROLLBACK").has_value());
}

Result<void> snapshot(Connection& connection, const std::function<Result<void>()>& read) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  return read();
}

}  // namespace om::store
