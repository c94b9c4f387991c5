// SPDX-License-Identifier: MIT
#include "om/base/text.h"

#include <charconv>

namespace om::text {

std::string_view trim(std::string_view s) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = s.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(white) - first + 1);
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t at = s.find(separator);
    pieces.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    s.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string all;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) all += separator;
    all += pieces[i];
  }
  return all;
}

std::string lower_ascii(std::string_view s) {
  std::string lower(s);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string replace_all(std::string_view s, std::string_view from, std::string_view to) {
  std::string result;
  result.reserve(s.size());
  for (;;) {
    const std::size_t at = s.find(from);
    result += s.substr(0, at);
    if (at == std::string_view::npos) return result;
    result += to;
    s.remove_prefix(at + from.size());
  }
}

std::optional<std::int64_t> parse_int(std::string_view s) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), number);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return number;
}

std::string escape_html(std::string_view s) {
  std::string escaped;
  escaped.reserve(s.size() + s.size() / 8);
  for (const char c : s) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace om::text
