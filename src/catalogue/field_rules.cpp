// SPDX-License-Identifier: MIT
#include "catalogue/field_rules.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

#include "catalogue/decimal.h"

#include "om/base/text.h"
#include "om/base/utf8.h"
#include "om/catalogue/validate.h"

namespace om::catalogue {
namespace {

// A pattern may not take more than this when compiled; (((a{100}){100}){100} is refused.
constexpr std::int64_t kMaxPatternMemory = 1 << 20;
constexpr std::size_t kMaxOptionsNamed = 12;
constexpr std::size_t kMaxFileNameBytes = 255;

RE2::Options pattern_options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  return options;
}

Misfit misfit(std::string_view key, std::string message, std::string message_zh) {
  return {key, std::move(message), std::move(message_zh)};
}

bool has_option(const FormField& field, std::string_view value) {
  return std::any_of(field.options.begin(), field.options.end(),
                     [value](const FormOption& option) { return option.value == value; });
}

std::optional<Misfit> check_options(const FormField& field, std::string_view value) {
  const std::vector<std::string_view> chosen =
      field.multiple ? text::split(value, ',') : std::vector<std::string_view>{value};
  if (std::all_of(chosen.begin(), chosen.end(),
                  [&field](std::string_view v) { return has_option(field, v); })) {
    return std::nullopt;
  }
  std::vector<std::string> named;
  for (const FormOption& option : field.options) {
    if (named.size() == kMaxOptionsNamed) {
      named.push_back("...");
      break;
    }
    named.push_back(option.value);
  }
  const std::string list = text::join(named, ", ");
  if (field.multiple) {
    return misfit("form.options", "must be one or more of these, separated by commas: " + list,
                  "必须是以下选项中的一个或多个，以逗号分隔：" + list);
  }
  return misfit("form.option", "must be one of: " + list, "必须是以下选项之一：" + list);
}

std::optional<Misfit> check_number(const FormField& field, std::string_view value) {
  const std::optional<Decimal> number = parse_decimal(value);
  if (!number) return misfit("form.number", "must be a number", "必须是数字");
  const bool range = field.type == FieldType::range;
  const std::string min = field.min.empty() && range ? "0" : field.min;
  const std::string max = field.max.empty() && range ? "100" : field.max;
  const std::optional<Decimal> low = parse_decimal(min);
  const std::optional<Decimal> high = parse_decimal(max);
  if (low && compare(*number, *low) < 0)
    return misfit("form.min", "must be at least " + min, "不能小于 " + min);
  if (high && compare(*number, *high) > 0)
    return misfit("form.max", "must be at most " + max, "不能大于 " + max);
  if (field.step == "any") return std::nullopt;
  const Decimal step = parse_decimal(field.step).value_or(Decimal{1, 0});
  const Decimal base = low ? *low : parse_decimal(field.value).value_or(Decimal{});
  if (step.digits > 0 && !is_step(*number, base, step)) {
    const std::string text = field.step.empty() ? "1" : field.step;
    return misfit("form.step", "must be a multiple of " + text, "步长必须是 " + text);
  }
  return std::nullopt;
}

std::optional<int> two_digits(std::string_view text, std::size_t at) {
  if (text.size() < at + 2 || text[at] < '0' || text[at] > '9' || text[at + 1] < '0' ||
      text[at + 1] > '9') {
    return std::nullopt;
  }
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const std::optional<int> century = two_digits(text, 0);
  const std::optional<int> rest = two_digits(text, 2);
  const std::optional<int> month = two_digits(text, 5);
  const std::optional<int> day = two_digits(text, 8);
  if (!century || !rest || !month || !day || *month < 1 || *month > 12 || *day < 1) return false;
  const int year = *century * 100 + *rest;
  if (year < 1) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return *day <= kDays[*month - 1] + (*month == 2 && leap ? 1 : 0);
}

bool is_time(std::string_view text) {
  if (text.size() != 5 && text.size() != 8) return false;
  const std::optional<int> hour = two_digits(text, 0);
  const std::optional<int> minute = two_digits(text, 3);
  if (!hour || !minute || text[2] != ':' || *hour > 23 || *minute > 59) return false;
  if (text.size() == 5) return true;
  const std::optional<int> second = two_digits(text, 6);
  return text[5] == ':' && second && *second <= 59;
}

// Both forms compare as text once they have seconds.
std::string with_seconds(std::string_view time) {
  return time.size() == 5 ? std::string(time) + ":00" : std::string(time);
}

std::optional<Misfit> check_moment(const FormField& field, std::string_view value) {
  const bool date = field.type == FieldType::date;
  if (date && !is_date(value))
    return misfit("form.date", "must be a date, YYYY-MM-DD", "必须是日期，格式 YYYY-MM-DD");
  if (!date && !is_time(value))
    return misfit("form.time", "must be a time, HH:MM or HH:MM:SS",
                  "必须是时间，格式 HH:MM 或 HH:MM:SS");
  const auto key = [date](std::string_view text) {
    return date ? std::string(text) : with_seconds(text);
  };
  if (!field.min.empty() && key(value) < key(field.min)) {
    return misfit("form.min", "must not be before " + field.min, "不能早于 " + field.min);
  }
  if (!field.max.empty() && key(value) > key(field.max)) {
    return misfit("form.max", "must not be after " + field.max, "不能晚于 " + field.max);
  }
  return std::nullopt;
}

std::optional<Misfit> check_text(const FormField& field, std::string_view value) {
  const auto length = static_cast<std::int64_t>(utf8::length(value));
  if (field.maxlength && length > *field.maxlength) {
    const std::string limit = std::to_string(*field.maxlength);
    return misfit("form.maxlength", "must have at most " + limit + " characters",
                  "不能超过 " + limit + " 个字符");
  }
  if (field.minlength && length < *field.minlength) {
    const std::string limit = std::to_string(*field.minlength);
    return misfit("form.minlength", "must have at least " + limit + " characters",
                  "不能少于 " + limit + " 个字符");
  }
  if (field.pattern.empty()) return std::nullopt;
  const RE2 pattern(field.pattern, pattern_options());
  if (pattern.ok() && RE2::FullMatch(re2::StringPiece(value.data(), value.size()), pattern))
    return std::nullopt;
  return misfit("form.pattern", "must match the pattern " + field.pattern,
                "必须符合格式 " + field.pattern);
}

// A name below files/ that cannot lead out of it. The reader of the file holds to that too.
std::optional<Misfit> check_file_name(std::string_view value) {
  bool fits = value.size() <= kMaxFileNameBytes;
  for (const std::string_view part : text::split(value, '/'))
    fits = fits && !part.empty() && part.front() != '.';
  fits = fits && std::none_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
  if (fits) return std::nullopt;
  return misfit("form.file", "must be the name of a file below files/, without .. and hidden names",
                "必须是 files/ 目录下的文件名，不能包含 .. 或隐藏文件");
}

void check_limits(const FormField& field, std::vector<std::string>& faults) {
  const bool number = field.type == FieldType::number || field.type == FieldType::range;
  for (const auto& [name, text] : {std::pair("min", field.min), std::pair("max", field.max)}) {
    if (text.empty()) continue;
    const bool fits = number                          ? parse_decimal(text).has_value()
                      : field.type == FieldType::date ? is_date(text)
                                                      : is_time(text);
    if (!fits)
      faults.push_back("has a " + std::string(name) + " that is not a value for it: " + text);
  }
  if (number && !field.step.empty() && field.step != "any") {
    const std::optional<Decimal> step = parse_decimal(field.step);
    if (!step || step->digits <= 0)
      faults.push_back("has a step that is not a number above zero: " + field.step);
  }
  if (!faults.empty() || field.min.empty() || field.max.empty()) return;
  const bool crossed = number ? compare(*parse_decimal(field.max), *parse_decimal(field.min)) < 0
                              : with_seconds(field.max) < with_seconds(field.min);
  if (crossed) faults.push_back("has a min above its max");
}

void check_pattern(const FormField& field, std::vector<std::string>& faults) {
  if (field.pattern.empty()) return;
  if (field.pattern.size() > kMaxPatternBytes) {
    faults.push_back("has a pattern of more than " + std::to_string(kMaxPatternBytes) + " bytes");
    return;
  }
  const RE2 pattern(field.pattern, pattern_options());
  if (!pattern.ok()) faults.push_back("has a pattern that RE2 does not accept: " + pattern.error());
}

}  // namespace

std::optional<Misfit> check_value(const FormField& field, std::string_view value) {
  if (value.empty()) {
    if (!field.required) return std::nullopt;
    return misfit("form.required", "needs a value", "不能为空");
  }
  if (value.size() > kMaxValueBytes) {
    const std::string limit = std::to_string(kMaxValueBytes / 1024);
    return misfit("form.too_long", "must be smaller than " + limit + " KiB",
                  "不能超过 " + limit + " KiB");
  }
  if (value.find('\0') != std::string_view::npos)
    return misfit("form.nul", "must not contain a NUL byte", "不能包含 NUL 字节");
  if (!utf8::is_valid(value))
    return misfit("form.utf8", "must be valid UTF-8", "必须是有效的 UTF-8");
  switch (field.type) {
    case FieldType::checkbox:
    case FieldType::radio:
    case FieldType::select:
      return check_options(field, value);
    case FieldType::number:
    case FieldType::range:
      return check_number(field, value);
    case FieldType::date:
    case FieldType::time:
      return check_moment(field, value);
    case FieldType::file:
      return check_file_name(value);
    case FieldType::hidden:
      if (value == field.value) return std::nullopt;
      return misfit("form.hidden", "is set by the form and cannot be changed",
                    "由表单设定，不能更改");
    case FieldType::text:
    case FieldType::password:
    case FieldType::textarea:
      return check_text(field, value);
  }
  return std::nullopt;
}

std::vector<std::string> faults_of_rules(const FormField& field) {
  std::vector<std::string> faults;
  if ((field.type == FieldType::select || field.type == FieldType::radio) &&
      field.options.empty()) {
    faults.push_back("has no options");
  }
  const bool comma = std::any_of(
      field.options.begin(), field.options.end(),
      [](const FormOption& option) { return option.value.find(',') != std::string::npos; });
  if (field.multiple && comma)
    faults.push_back("has an option with a comma, which is what separates several");
  check_limits(field, faults);
  check_pattern(field, faults);
  if (field.minlength && field.maxlength && *field.minlength > *field.maxlength) {
    faults.push_back("has a minlength above its maxlength");
  }
  if (!faults.empty() || field.value.empty()) return faults;
  if (const std::optional<Misfit> problem = check_value(field, field.value)) {
    faults.push_back("has a default that it would refuse: it " + problem->message);
  }
  return faults;
}

}  // namespace om::catalogue
