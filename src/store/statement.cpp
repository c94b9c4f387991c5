// SPDX-License-Identifier: MIT
#include "store/statement.h"

#include <utility>

#include "store/sqlite_error.h"

namespace om::store {

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_),
      handle_(std::exchange(other.handle_, nullptr)),
      busy_(std::exchange(other.busy_, nullptr)),
      bind_error_(other.bind_error_) {}

Statement::~Statement() {
  if (!handle_) return;
  if (busy_) {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    *busy_ = false;
  } else {
    sqlite3_finalize(handle_);
  }
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK)
    return error_from_code(bind_error_, "database", sqlite3_errstr(bind_error_));
  switch (sqlite3_step(handle_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return error_from(db_, "database");
  }
}

Result<void> Statement::finish() {
  return each([](const Statement&) {});
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  // The pointer first: it may convert, and the length is that of the last conversion.
  const void* bytes = sqlite3_column_blob(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

namespace {

sqlite3_destructor_type destructor_of(Lifetime lifetime) {
  return lifetime == Lifetime::copied ? SQLITE_TRANSIENT : SQLITE_STATIC;
}

// A null pointer would bind NULL.
const char* pointer_of(std::string_view bytes) { return bytes.data() ? bytes.data() : ""; }

}  // namespace

void Statement::bind(int index, Lifetime lifetime, std::string_view text) {
  note(sqlite3_bind_text64(handle_, index, pointer_of(text), text.size(), destructor_of(lifetime),
                           SQLITE_UTF8));
}

void Statement::bind(int index, Lifetime lifetime, Blob blob) {
  note(sqlite3_bind_blob64(handle_, index, pointer_of(blob.bytes), blob.bytes.size(),
                           destructor_of(lifetime)));
}

void Statement::bind(int index, Lifetime, std::nullopt_t) {
  note(sqlite3_bind_null(handle_, index));
}

void Statement::bind_integer(int index, std::int64_t value) {
  note(sqlite3_bind_int64(handle_, index, value));
}

void Statement::note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

}  // namespace om::store
