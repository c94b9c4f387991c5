// SPDX-License-Identifier: MIT
#include "store/checkpoints.h"

#include "store/sqlite_error.h"

#include "om/base/log.h"

namespace om::store {
namespace {

// A checkpoint that readers held up is tried again when the log has grown by this much.
constexpr std::int64_t kRetryBytes = 2 << 20;

int on_commit(void* wal_pages, sqlite3*, const char*, int pages) {
  *static_cast<std::int64_t*>(wal_pages) = pages;
  return SQLITE_OK;
}

}  // namespace

Checkpoints::Checkpoints(Connection& connection, std::int64_t page_bytes)
    : connection_(&connection),
      page_bytes_(page_bytes),
      wal_pages_(std::make_unique<std::int64_t>(0)) {
  sqlite3_wal_hook(connection.handle(), on_commit, wal_pages_.get());
}

Result<Checkpoints> Checkpoints::attach(Connection& connection) {
  OM_TRY_SET(const std::int64_t page_bytes, connection.query_integer("PRAGMA page_size"));
  return Checkpoints(connection, page_bytes);
}

void Checkpoints::after_commit() {
  const std::int64_t size = wal_bytes();
  if (size < kPassiveBytes) next_bytes_ = kPassiveBytes;  // the log has begun again
  if (size < next_bytes_) return;

  sqlite3* db = connection_->handle();
  const bool restart = size >= kRestartBytes;
  if (restart) sqlite3_busy_timeout(db, static_cast<int>(kRestartWait.count()));
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      db, nullptr, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &pages,
      &copied);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
    log::error("checkpoint failed", {{"error", error_from(db, "checkpoint").message}});
  // All copied: the next commit begins the log again, unless a reader is still in it.
  next_bytes_ = size + kRetryBytes;

  if (size >= kAlarmBytes && !alarmed_)
    log::warning("write-ahead log is large", {{"bytes", size}, {"pages_copied", copied}});
  alarmed_ = size >= kAlarmBytes;
}

bool Checkpoints::truncate() {
  sqlite3* db = connection_->handle();
  sqlite3_busy_timeout(db, 0);
  const int code =
      sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) {
    *wal_pages_ = 0;
    next_bytes_ = kPassiveBytes;
  } else if ((code & 0xff) != SQLITE_BUSY) {
    log::error("checkpoint failed", {{"error", error_from(db, "checkpoint").message}});
  }
  return code == SQLITE_OK;
}

}  // namespace om::store
