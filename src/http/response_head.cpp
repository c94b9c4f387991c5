// SPDX-License-Identifier: MIT
#include "http/response_head.h"

#include "om/base/text.h"

namespace om::http {

Result<ResponseHead> parse_response_head(std::string_view text) {
  const auto refused = [] {
    return fail(Errc::disconnected, "http.no_http", "the answer is not HTTP");
  };
  ResponseHead head;
  const auto lines = text::split(text, '\n');
  const std::string_view first = text::trim(lines[0]);
  if (!first.starts_with("HTTP/1.") || first.size() < 12 || first[8] != ' ') return refused();
  const auto status = text::parse_int(first.substr(9, 3));
  if (!status || *status < 100 || *status > 599) return refused();
  head.status = static_cast<int>(*status);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = text::trim(lines[i]);
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return refused();
    const std::string name = text::lower_ascii(line.substr(0, colon));
    const std::string_view value = text::trim(line.substr(colon + 1));
    if (name == "transfer-encoding") {
      if (text::lower_ascii(value) != "chunked") return refused();
      head.chunked = true;
    } else if (name == "content-length") {
      const auto length = text::parse_int(value);
      if (!length || *length < 0) return refused();
      head.content_length = static_cast<std::uint64_t>(*length);
    } else if (name == "content-type") {
      head.content_type = value;
    }
    head.headers.emplace_back(name, value);
  }
  return head;
}

}  // namespace om::http
