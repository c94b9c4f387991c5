// SPDX-License-Identifier: MIT
#include "http/target.h"

#include <optional>

#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::http {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// The byte that text[at] == '%' begins, if two hex digits follow.
std::optional<char> escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const auto high = hex_digit(text[at + 1]);
  const auto low = hex_digit(text[at + 2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high * 16 + *low);
}

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

std::string encode(std::string_view text, std::string_view kept) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (kept.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto value = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[value >> 4]);
    out.push_back(kDigits[value & 15]);
  }
  return out;
}

Error refused(std::string message) {
  return fail(Errc::invalid_argument, "http.malformed", std::move(message));
}

Result<std::string> decode_path(std::string_view text) {
  std::string path;
  path.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto byte = escaped_byte(text, i);
      if (!byte) return refused("% without two hex digits in the path");
      c = *byte;
      i += 2;
    }
    const auto value = static_cast<unsigned char>(c);
    if (value < 0x20 || value == 0x7f) return refused("control byte in the path");
    if (c == '\\') return refused("backslash in the path");
    path.push_back(c);
  }
  if (!utf8::is_valid(path)) return refused("the path is not UTF-8");
  for (const std::string_view segment : text::split(path, '/')) {
    if (segment == "." || segment == "..") return refused("dot segment in the path");
  }
  return path;
}

Result<std::string> decode_query_part(std::string_view text) {
  std::string part;
  part.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') {
      c = ' ';
    } else if (c == '%') {
      if (const auto byte = escaped_byte(text, i)) {
        c = *byte;
        i += 2;
      }
    }
    if (c == '\0') return refused("NUL in the query");
    part.push_back(c);
  }
  if (!utf8::is_valid(part)) return refused("the query is not UTF-8");
  return part;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text[0] != '/') return refused("the target must begin with /");
  if (text.find('#') != std::string_view::npos) return refused("# in the target");
  Target target;
  const std::size_t mark = text.find('?');
  OM_TRY_SET(target.path, decode_path(text.substr(0, mark)));
  if (mark == std::string_view::npos) return target;
  for (const std::string_view pair : text::split(text.substr(mark + 1), '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    OM_TRY_SET(std::string name, decode_query_part(pair.substr(0, equals)));
    std::string value;
    if (equals != std::string_view::npos) {
      OM_TRY_SET(value, decode_query_part(pair.substr(equals + 1)));
    }
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return target;
}

std::string encode_component(std::string_view text) { return encode(text, kUnreserved); }

std::string encode_path(std::string_view path) {
  return encode(path, std::string(kUnreserved) + "/");
}

}  // namespace om::http
