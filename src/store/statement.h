// SPDX-License-Identifier: MIT
//
// Statement: a prepared statement, bound and stepping, borrowed from its Connection's cache and
// given back (reset) when destroyed. Belongs to the connection's thread; must not outlive the
// connection. Columns count from 0. What fails is the step, with the SQLite error; binding errors
// come out there too.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "om/base/result.h"
#include "om/model/ids.h"

namespace om::store {

/// Text of a statement, known at compile time: values can only ever be bound, and the cache can go
/// by address.
struct Sql {
  const char* text;
  consteval Sql(const char* literal) : text(literal) {}
};

/// Bytes to bind as a BLOB; plain strings are bound as TEXT.
struct Blob {
  std::string_view bytes;
};

/// How long the bytes behind text and blobs stay where they are.
enum class Lifetime {
  until_done,  ///< the caller's arguments outlive the statement
  copied,      ///< SQLite keeps a copy
};

class Statement {
 public:
  /// `busy` is the cache's mark that this statement is out; null: finalised when destroyed.
  Statement(sqlite3* db, sqlite3_stmt* handle, bool* busy)
      : db_(db), handle_(handle), busy_(busy) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  template <class... Args>
  void bind_all([[maybe_unused]] Lifetime lifetime, const Args&... args) {
    [[maybe_unused]] int index = 0;
    (bind(++index, lifetime, args), ...);
  }

  /// True: a row is there to read. False: done.
  Result<bool> step();
  /// To the end, throwing rows away.
  Result<void> finish();
  /// Calls on_row(*this) for every row.
  template <std::invocable<const Statement&> OnRow>
  Result<void> each(OnRow on_row) {
    while (true) {
      OM_TRY_SET(const bool row, step());
      if (!row) return {};
      on_row(*this);
    }
  }

  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  /// TEXT or BLOB, as it was bound.
  std::string text(int column) const;

 private:
  void bind(int index, Lifetime lifetime, std::string_view text);
  void bind(int index, Lifetime lifetime, Blob blob);
  void bind(int index, Lifetime lifetime, std::nullopt_t);
  void bind_integer(int index, std::int64_t value);
  template <std::integral N>
  void bind(int index, Lifetime, N value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  template <class Tag>
  void bind(int index, Lifetime, Id<Tag> id) {
    bind_integer(index, id.value);
  }
  template <class T>
  void bind(int index, Lifetime lifetime, const std::optional<T>& value) {
    if (value)
      bind(index, lifetime, *value);
    else
      bind(index, lifetime, std::nullopt);
  }
  void note(int code);

  sqlite3* db_;
  sqlite3_stmt* handle_;
  bool* busy_;
  int bind_error_ = SQLITE_OK;
};

}  // namespace om::store
