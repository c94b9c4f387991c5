// SPDX-License-Identifier: MIT
//
// The head of an answer, as a client reads it. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "om/base/result.h"

namespace om::http {

struct ResponseHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  std::string content_type;
};

/// `text` up to and including the blank line. Fails with disconnected: whoever answers so speaks
/// no HTTP.
Result<ResponseHead> parse_response_head(std::string_view text);

}  // namespace om::http
