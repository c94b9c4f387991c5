// SPDX-License-Identifier: MIT
#include "http/request_head.h"

#include <algorithm>
#include <array>

#include "http/target.h"

#include "om/base/text.h"

namespace om::http {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD",  "POST",
                                                      "PUT", "PATCH", "DELETE"};
/// Method, two spaces, version and line end around the target.
constexpr std::size_t kRequestLineExtra = 32;

bool is_token_char(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), is_token_char);
}

bool has_control_byte(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return (value < 0x20 && c != '\t') || value == 0x7f;
  });
}

/// What a decoder further in could turn into a line end (CVE-2026-45372).
bool has_escaped_line_end(std::string_view value) {
  for (std::size_t at = value.find('%'); at != std::string_view::npos;
       at = value.find('%', at + 1)) {
    const std::string escape = text::lower_ascii(value.substr(at, 3));
    if (escape == "%0d" || escape == "%0a" || escape == "%00") return true;
  }
  return false;
}

bool may_come_once(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames = {
      "host",   "content-length", "transfer-encoding", "content-type", "authorization", "cookie",
      "origin", "expect",         "x-csrf-token"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::optional<Refusal> parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return malformed("no request line");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (target.find(' ') != std::string_view::npos) return malformed("space in the target");
  if (has_control_byte(line) || target.find('\t') != std::string_view::npos) {
    return malformed("control byte in the request line");
  }
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    if (!is_token(method)) return malformed("no method");
    return unknown_method();
  }
  if (version == "HTTP/1.0") {
    head.http_1_0 = true;
    head.close = true;
  } else if (version != "HTTP/1.1") {
    return version.substr(0, 5) == "HTTP/" ? unknown_version() : malformed("no HTTP version");
  }
  auto parsed = parse_target(target);
  if (!parsed) return malformed(parsed.error().message);
  head.method = method;
  head.path = std::move(parsed->path);
  head.query = std::move(parsed->query);
  return std::nullopt;
}

std::optional<Refusal> parse_field(std::string_view line, RequestHead& head) {
  if (line[0] == ' ' || line[0] == '\t') return malformed("folded header line");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("header line without a colon");
  const std::string_view raw_name = line.substr(0, colon);
  if (!is_token(raw_name)) return malformed("header name");
  if (has_control_byte(line)) return malformed("control byte in a header");
  const std::string_view value = text::trim(line.substr(colon + 1));
  if (has_escaped_line_end(value)) return malformed("escaped line end in a header");
  std::string name = text::lower_ascii(raw_name);
  if (may_come_once(name)) {
    const bool doubled = std::any_of(head.headers.begin(), head.headers.end(),
                                     [&](const auto& header) { return header.first == name; });
    if (doubled) {
      return name == "content-length" || name == "transfer-encoding"
                 ? ambiguous_framing("header " + name + " twice")
                 : malformed("header " + name + " twice");
    }
  }
  head.headers.emplace_back(std::move(name), value);
  return std::nullopt;
}

/// The headers that say how to go on reading, once all are there.
std::optional<Refusal> interpret(RequestHead& head) {
  bool has_length = false;
  bool has_transfer_encoding = false;
  for (const auto& [name, value] : head.headers) {
    if (name == "host") {
      if (value.empty()) return malformed("empty Host header");
      head.host = value;
    } else if (name == "origin") {
      head.origin = value;
    } else if (name == "content-encoding") {
      return encoded_body();
    } else if (name == "content-length") {
      const bool digits =
          !value.empty() && value.size() <= 18 &&
          std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!digits) return ambiguous_framing("Content-Length is no number");
      has_length = true;
      head.content_length = static_cast<std::uint64_t>(*text::parse_int(value));
    } else if (name == "transfer-encoding") {
      if (text::lower_ascii(value) != "chunked") {
        return ambiguous_framing("Transfer-Encoding other than chunked");
      }
      has_transfer_encoding = true;
    } else if (name == "connection") {
      for (const std::string_view option : text::split(value, ',')) {
        if (text::lower_ascii(text::trim(option)) == "close") head.close = true;
      }
    } else if (name == "expect") {
      if (text::lower_ascii(value) != "100-continue") return unknown_expectation();
      head.expects_continue = true;
    }
  }
  if (head.host.empty()) return malformed("no Host header");
  if (has_length && has_transfer_encoding) {
    return ambiguous_framing("Content-Length with Transfer-Encoding");
  }
  if (has_transfer_encoding && head.http_1_0) {
    return ambiguous_framing("Transfer-Encoding with HTTP/1.0");
  }
  if (has_transfer_encoding) {
    head.framing = RequestHead::Framing::chunked;
  } else if (head.content_length > 0) {
    head.framing = RequestHead::Framing::length;
  }
  const bool bodiless = head.method == "GET" || head.method == "HEAD";
  if (bodiless && head.framing != RequestHead::Framing::none) {
    return ambiguous_framing(head.method + " with a body");
  }
  return std::nullopt;
}

}  // namespace

std::variant<HeadEnd::More, std::size_t, Refusal> HeadEnd::scan(std::string_view input) {
  for (;;) {
    const std::size_t newline = input.find('\n', looked_at_);
    const std::size_t end = newline == std::string_view::npos ? input.size() : newline + 1;
    looked_at_ = end;
    if (fields_start_ == 0) {
      if (end - line_start_ > limits_.target_bytes + kRequestLineExtra) return target_too_long();
      if (line_start_ < end) {
        // Something that speaks another protocol (TLS, SSH) is told at its first byte.
        const char c = input[line_start_];
        if (c < 'A' || c > 'Z') return malformed("no request line");
      }
    } else if (end - fields_start_ > limits_.head_bytes) {
      return head_too_large("more than " + std::to_string(limits_.head_bytes) + " bytes");
    }
    if (newline == std::string_view::npos) return More{};
    if (newline == line_start_ || input[newline - 1] != '\r') return malformed("bare line feed");
    const bool blank = newline == line_start_ + 1;
    line_start_ = end;
    if (fields_start_ == 0) {
      fields_start_ = end;
      continue;
    }
    if (blank) return end;
    if (++lines_ > limits_.head_lines) {
      return head_too_large("more than " + std::to_string(limits_.head_lines) + " lines");
    }
  }
}

std::variant<RequestHead, Refusal> parse_head(std::string_view text) {
  RequestHead head;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return malformed("line without an end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (first) {
      if (auto refusal = parse_request_line(line, head)) return *refusal;
      first = false;
    } else if (!line.empty()) {
      if (auto refusal = parse_field(line, head)) return *refusal;
    }
  }
  if (auto refusal = interpret(head)) return *refusal;
  return head;
}

}  // namespace om::http
