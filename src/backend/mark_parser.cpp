// SPDX-License-Identifier: MIT
#include "backend/mark_parser.h"

#include <algorithm>
#include <cstring>

namespace om::backend {
namespace {

/// Digits of a process group, and of a status.
constexpr std::size_t kGroupDigits = 10;
constexpr std::size_t kStatusDigits = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Where in `text` a mark may begin: the first whole `start` in it, else the longest beginning of
/// `start` at its end, else its size.
std::size_t find_start(std::string_view text, std::string_view start) {
  if (const void* found = ::memmem(text.data(), text.size(), start.data(), start.size())) {
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  for (std::size_t n = std::min(text.size(), start.size() - 1); n > 0; --n) {
    if (text.ends_with(start.substr(0, n))) return text.size() - n;
  }
  return text.size();
}

}  // namespace

/// `text` begins with mark_start_ or a beginning of it. A whole mark is noted.
MarkParser::Match MarkParser::match_mark(std::string_view text, std::size_t& length) {
  std::size_t at = mark_start_.size();
  if (text.size() <= at) return Match::partial;
  const char kind = text[at++];
  if (kind != 'B' && kind != 'E') return Match::none;
  if (at == text.size()) return Match::partial;
  if (text[at++] != ':') return Match::none;
  const std::size_t digits_at = at;
  const std::size_t max_digits = kind == 'B' ? kGroupDigits : kStatusDigits;
  std::int64_t number = 0;
  while (at < text.size() && is_digit(text[at]) && at - digits_at < max_digits) {
    number = number * 10 + (text[at++] - '0');
  }
  if (at == text.size()) return Match::partial;
  if (text[at] != '\n' || at == digits_at) return Match::none;
  length = at + 1;
  if (kind == 'B') {
    if (begin_marks_++ == 0) process_group_ = number > 1 ? number : 0;
  } else if (end_marks_++ == 0) {
    status_ = static_cast<int>(number);
  }
  return Match::whole;
}

void MarkParser::pass(std::string_view bytes, Parts& parts) const {
  if (ended()) return;  // from a process left behind: nobody's output any more
  (begun() ? parts.output : parts.noise).append(bytes);
}

void MarkParser::feed(std::string_view bytes, Parts& parts) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::move(held_);
    held_.clear();
    joined.append(bytes);
    bytes = joined;
  }
  while (!bytes.empty()) {
    const std::size_t start = find_start(bytes, mark_start_);
    pass(bytes.substr(0, start), parts);
    bytes.remove_prefix(start);
    if (bytes.empty()) return;
    std::size_t length = 0;
    switch (match_mark(bytes, length)) {
      case Match::partial:
        held_ = bytes;
        return;
      case Match::none:
        // Its first byte is no mark's beginning; the rest may hold one.
        pass(bytes.substr(0, 1), parts);
        bytes.remove_prefix(1);
        break;
      case Match::whole:
        bytes.remove_prefix(length);
        break;
    }
  }
}

void MarkParser::finish(Parts& parts) {
  pass(held_, parts);
  held_.clear();
}

}  // namespace om::backend
