// SPDX-License-Identifier: MIT
#include "om/base/log.h"

#include <atomic>

#include <unistd.h>

#include "om/base/clock.h"

namespace om::log {
namespace {

std::atomic<Level> threshold{Level::info};

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

/// Quotes where a reader of key=value would stumble; control bytes as \xNN.
void append_value(std::string& line, std::string_view value) {
  bool plain = !value.empty();
  for (const unsigned char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) plain = false;
  }
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr char digits[] = "0123456789abcdef";
      line += "\\x";
      line += digits[byte >> 4];
      line += digits[byte & 15];
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void set_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

std::optional<Level> level_from_name(std::string_view name) {
  for (int i = 0; i < 4; ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::string format_line(std::string_view event, Fields fields) {
  std::string line = "event=";
  append_value(line, event);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

void write(Level level, std::string_view event, Fields fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string line = "time=" + rfc3339(SystemClock().wall_ms()) + " level=";
  line += kLevelNames[static_cast<int>(level)];
  line += ' ' + format_line(event, fields) + '\n';
  // A log that cannot be written has nobody left to tell.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace om::log
