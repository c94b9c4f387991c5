// SPDX-License-Identifier: MIT
#include "store/sqlite_error.h"

#include <string>

namespace om::store {

Error error_from(sqlite3* db, std::string_view what) {
  return error_from_code(sqlite3_extended_errcode(db), what, sqlite3_errmsg(db));
}

Error error_from_code(int extended_code, std::string_view what, std::string_view words) {
  std::string message(what);
  message += ": ";
  const auto with = [&](Errc code, std::string_view reason, std::string_view remedy) {
    message.append(words)
        .append(" (SQLite code ")
        .append(std::to_string(extended_code))
        .append(")");
    message.append(remedy);
    return fail(code, reason, std::move(message));
  };
  if (extended_code == SQLITE_CONSTRAINT_UNIQUE || extended_code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return with(Errc::conflict, "store.duplicate", "");
  switch (extended_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return with(Errc::conflict, "store.constraint", "");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return with(Errc::overloaded, "store.busy", "; another process may have the database open");
    case SQLITE_INTERRUPT:
      return with(Errc::timed_out, "store.too_slow", "; ask for less at a time");
    case SQLITE_FULL:
      return with(Errc::io, "store.disk_full", "; free some space on the disk");
    case SQLITE_IOERR:
      return with(Errc::io, "store.io", "; look at the disk and the kernel's log");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return with(Errc::io, "store.cannot_open", "; check owner and mode of the data directory");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return with(Errc::io, "store.damaged",
                  "; restore a backup, or move the file away to start afresh");
    case SQLITE_NOMEM:
      return with(Errc::overloaded, "store.no_memory", "");
    default:
      return with(Errc::internal, "store.sql", "");
  }
}

}  // namespace om::store
