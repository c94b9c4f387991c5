// SPDX-License-Identifier: MIT
//
// The target of a request ("/hosts?app=1") taken apart and percent-decoded. Pure, any thread. A
// path is refused when it could mean one thing to a check and another to a file system: dot
// segments, backslashes, control bytes, escapes that are none. A query is read as browsers and the
// original's page write it: a stray % stands for itself.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "om/base/result.h"

namespace om::http {

struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

/// Fails with invalid_argument; the message says what is wrong with the target.
Result<Target> parse_target(std::string_view text);

/// `text` as one component of a query: everything but unreserved characters escaped.
std::string encode_component(std::string_view text);
/// The same for a decoded path, whose slashes stay.
std::string encode_path(std::string_view path);

}  // namespace om::http
