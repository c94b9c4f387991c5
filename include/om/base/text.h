// SPDX-License-Identifier: MIT
//
// Small, pure text functions. Bytes in, bytes out; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace om::text {

/// Without white space (space, tab, CR, LF) at both ends.
std::string_view trim(std::string_view s);
/// Always at least one piece; empty pieces are kept.
std::vector<std::string_view> split(std::string_view s, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
std::string lower_ascii(std::string_view s);
/// Every occurrence of `from` (not empty) replaced.
std::string replace_all(std::string_view s, std::string_view from, std::string_view to);
/// The whole of s as a decimal number with an optional minus, no white space; nothing on overflow.
std::optional<std::int64_t> parse_int(std::string_view s);
/// & < > " ' as entities: safe in text and in quoted attributes.
std::string escape_html(std::string_view s);

}  // namespace om::text
