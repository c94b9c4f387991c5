// SPDX-License-Identifier: MIT
#include "http/answer.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include <fmt/core.h>

#include "om/base/log.h"
#include "om/base/text.h"

namespace om::http {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAlways = {{
    {"Content-Security-Policy",
     "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
     "object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Cache-Control", "no-store"},
}};

bool is_one_line(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return (value >= 0x20 && value != 0x7f) || c == '\t';
  });
}

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Answer";
  }
}

std::string head(const api::Response& response, WallMs now) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_text(response.status));
  for (const auto& [name, value] : headers_for(response, now)) {
    out += name + ": " + value + "\r\n";
  }
  return out + "Connection: close\r\n";
}

}  // namespace

Headers headers_for(const api::Response& response, WallMs now) {
  Headers headers;
  headers.emplace_back("Date", http_date(now));
  if (is_one_line(response.content_type) && !response.content_type.empty()) {
    headers.emplace_back("Content-Type", response.content_type);
  }
  for (const auto& [name, value] : response.headers) {
    if (name.empty() || !is_one_line(name) || !is_one_line(value)) {
      log::error("response header dropped", {{"name", name}});
      continue;
    }
    headers.emplace_back(name, value);
  }
  for (const auto& [name, value] : kAlways) {
    const std::string lower = text::lower_ascii(name);
    const bool given =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [&](const auto& header) { return text::lower_ascii(header.first) == lower; });
    if (!given) headers.emplace_back(name, value);
  }
  return headers;
}

std::string closing_answer(const api::Response& response, WallMs now) {
  return head(response, now) + fmt::format("Content-Length: {}\r\n\r\n", response.body.size()) +
         response.body;
}

std::string stream_head(const api::Response& response, WallMs now, bool chunked) {
  std::string out = head(response, now);
  // A proxy that collects the answer before passing it on would hold back every event.
  out += "X-Accel-Buffering: no\r\n";
  if (chunked) out += "Transfer-Encoding: chunked\r\n";
  return out + "\r\n";
}

std::string http_date(WallMs wall_ms) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

}  // namespace om::http
