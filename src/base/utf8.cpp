// SPDX-License-Identifier: MIT
#include "om/base/utf8.h"

#include <cstdint>

namespace om::utf8 {
namespace {

/// What the bytes at `at` are: a whole character, or the length of the maximal ill-formed part
/// (Unicode 15, 3.9, "U+FFFD substitution of maximal subparts"), or the beginning of something that
/// more bytes could complete.
struct Piece {
  enum Kind { whole, broken, unfinished } kind;
  std::size_t size;
};

Piece next_piece(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(s[i]); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return {Piece::whole, 1};
  std::size_t need = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    need = 1;
  } else if (first >= 0xe0 && first <= 0xef) {
    need = 2;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    need = 3;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  } else {
    return {Piece::broken, 1};
  }
  for (std::size_t i = 1; i <= need; ++i) {
    if (at + i >= s.size()) return {Piece::unfinished, i};
    if (byte(at + i) < low || byte(at + i) > high) return {Piece::broken, i};
    low = 0x80;
    high = 0xbf;
  }
  return {Piece::whole, need + 1};
}

}  // namespace

bool is_valid(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const Piece piece = next_piece(bytes, at);
    if (piece.kind != Piece::whole) return false;
    at += piece.size;
  }
  return true;
}

std::string decode_lossy(std::string_view bytes) {
  std::string decoded;
  decoded.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const Piece piece = next_piece(bytes, at);
    if (piece.kind == Piece::whole) {
      decoded += bytes.substr(at, piece.size);
    } else {
      decoded += "\xef\xbf\xbd";
    }
    at += piece.size;
  }
  return decoded;
}

std::size_t length(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    if ((static_cast<std::uint8_t>(c) & 0xc0) != 0x80) ++count;
  }
  return count;
}

std::size_t incomplete_tail(std::string_view bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const std::size_t at = bytes.size() - back;
    if ((static_cast<std::uint8_t>(bytes[at]) & 0xc0) == 0x80) continue;
    return next_piece(bytes, at).kind == Piece::unfinished ? back : 0;
  }
  return 0;
}

std::string_view prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace om::utf8
