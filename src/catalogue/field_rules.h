// SPDX-License-Identifier: MIT
//
// What one field demands of one value, and whether the demands make sense. Pure, any thread.
// Messages never repeat the value: it may be a secret, or one that was typed into the wrong field.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/catalogue/form.h"

namespace om::catalogue {

/// Why a value does not fit.
struct Misfit {
  std::string_view key;  ///< "form.number", ...: stable, the page translates it
  std::string message;   ///< continues "sys_param_1 ...": "must be a number"
  std::string message_zh;
};

/// The empty value is judged by `required` alone, as in HTML.
std::optional<Misfit> check_value(const FormField& field, std::string_view value);

/// Contradictions in the field itself, each continuing its name: "has no options". The default
/// counts.
std::vector<std::string> faults_of_rules(const FormField& field);

}  // namespace om::catalogue
