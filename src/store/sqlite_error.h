// SPDX-License-Identifier: MIT
//
// The one translator from SQLite's result codes to Error. The connection's thread.
#pragma once

#include <string_view>

#include <sqlite3.h>

#include "om/base/result.h"

namespace om::store {

/// What went wrong last on `db`, as "what: SQLite's words (code N)". SQLite's words name tables and
/// columns, never values.
Error error_from(sqlite3* db, std::string_view what);
/// The same from a code alone, where there is no connection to ask.
Error error_from_code(int extended_code, std::string_view what, std::string_view words);

}  // namespace om::store
