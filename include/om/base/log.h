// SPDX-License-Identifier: MIT
//
// The log: one key=value line per event on standard error, in UTC, written with one write(2) so
// that lines of several threads never mix. Control bytes in values come out as \xNN, so one record
// is one line. Any thread. This and the level are the only process-wide state of the program:
// passing a logger to every function that may fail was tried and hid the arguments that matter.
// Secrets are never logged: the type Secret has no conversion to text.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "om/base/result.h"

namespace om::log {

enum class Level { debug, info, warning, error };

struct Field {
  std::string_view key;
  std::string value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  template <std::integral N>
  Field(std::string_view k, N v) : key(k), value(std::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

void set_level(Level level);
std::optional<Level> level_from_name(std::string_view name);

/// `event` is a short constant such as "run started".
void write(Level level, std::string_view event, Fields fields = {});
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warning(std::string_view event, Fields fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

/// The line itself, without time and level: pure, for tests.
std::string format_line(std::string_view event, Fields fields);

}  // namespace om::log
