// SPDX-License-Identifier: MIT
//
// The head of a request: where it ends, and what it says. Pure, any thread. Strict on purpose:
// whatever two readers could understand differently (request smuggling) is refused before anything
// else looks at it: bare line feeds, folded lines, two lengths, a length beside chunks, other
// transfer encodings, a body on GET or HEAD, control bytes and their escapes in headers, and a
// second Host, Authorization, Cookie or the like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/refusal.h"

#include "om/http/limits.h"

namespace om::http {

/// Finds the end of a head that comes in pieces, looking at each byte once.
class HeadEnd {
 public:
  struct More {};
  explicit HeadEnd(const Limits& limits) : limits_(limits) {}

  /// `input` is everything since the head's first byte, each time. Answers the size of the head
  /// with its blank line, or More, or why it can never be one.
  std::variant<More, std::size_t, Refusal> scan(std::string_view input);
  /// For the next head.
  void restart() { *this = HeadEnd(limits_); }

 private:
  Limits limits_;
  std::size_t looked_at_ = 0;
  std::size_t line_start_ = 0;
  std::size_t fields_start_ = 0;  ///< 0: still in the request line
  std::size_t lines_ = 0;
};

struct RequestHead {
  enum class Framing { none, length, chunked };

  std::string method;
  std::string path;                                          ///< decoded
  std::vector<std::pair<std::string, std::string>> query;    ///< decoded
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  bool http_1_0 = false;
  bool close = false;  ///< the peer wants the connection closed after this answer
  bool expects_continue = false;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  std::string host;
  std::optional<std::string> origin;
};

/// `head` as HeadEnd found it, blank line included.
std::variant<RequestHead, Refusal> parse_head(std::string_view head);

}  // namespace om::http
