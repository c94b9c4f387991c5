// SPDX-License-Identifier: MIT
#include "om/catalogue/validate.h"

#include <algorithm>
#include <optional>

#include "catalogue/field_rules.h"

#include "om/base/check.h"
#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::catalogue {
namespace {

// Names come from outside: at most this much of one is repeated in a message.
constexpr std::size_t kMaxNameShown = 64;

std::string shown_name(std::string_view name) {
  return utf8::decode_lossy(name.substr(0, kMaxNameShown));
}

const std::string* given_value(const GivenValues& given, std::string_view name) {
  for (const auto& [key, value] : given) {
    if (key == name) return &value;
  }
  return nullptr;
}

void refuse_strangers(const Form& form, const GivenValues& given, std::vector<FieldError>& errors) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& name = given[i].first;
    const auto begin = given.begin();
    const bool twice = std::any_of(begin, begin + static_cast<std::ptrdiff_t>(i),
                                   [&name](const auto& earlier) { return earlier.first == name; });
    if (twice) {
      errors.push_back({shown_name(name), "form.twice", "is given twice", "重复给出"});
    } else if (form.find(name) == nullptr) {
      errors.push_back({shown_name(name), "form.unknown", "is not a parameter of this module",
                        "不是该模块的参数"});
    }
  }
}

}  // namespace

Error Validation::error() const {
  OM_CHECK(!errors.empty());
  std::vector<std::string> words;
  for (const FieldError& wrong : errors) words.push_back(wrong.field + " " + wrong.message);
  return fail(Errc::invalid_argument, "form.refused", text::join(words, "; "));
}

Validation validate(const Form& form, const GivenValues& given) {
  Validation result;
  for (const FormField& field : form.fields) {
    const std::string* value = given_value(given, field.name);
    const std::string& taken = value != nullptr ? *value : field.value;
    if (const std::optional<Misfit> problem = check_value(field, taken)) {
      result.errors.push_back(
          {field.name, std::string(problem->key), problem->message, problem->message_zh});
      continue;
    }
    // A hidden field is the form's own, also where nothing was sent for it.
    result.parameters.push_back({field.name,
                                 Secret(field.type == FieldType::hidden ? field.value : taken),
                                 field.is_secret()});
  }
  refuse_strangers(form, given, result.errors);
  if (!result.ok()) result.parameters.clear();
  return result;
}

GivenValues by_position(const std::vector<std::string>& values) {
  GivenValues given;
  for (const std::string& value : values)
    given.emplace_back("sys_param_" + std::to_string(given.size() + 1), value);
  return given;
}

}  // namespace om::catalogue
