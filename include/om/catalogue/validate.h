// SPDX-License-Identifier: MIT
//
// Checks what somebody wants to run a module with against its form, before anything happens. Pure,
// any thread. Answers for all fields at once. A field that was not given takes its default; one
// that was given empty is empty (an unticked box); what the form does not have is refused by name.
// Values come back in the form's order, one for each field, as Secret, since one of them may be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "om/base/result.h"
#include "om/base/secret.h"
#include "om/catalogue/form.h"

namespace om::catalogue {

/// Of one parameter. The carrier was tried with 100 KB (specs: 0.2 s).
inline constexpr std::size_t kMaxValueBytes = 128 * 1024;

/// Names and values as they were given, in any order.
using GivenValues = std::vector<std::pair<std::string, std::string>>;

struct ValidParameter {
  std::string name;  ///< "sys_param_1"
  Secret value;
  bool secret = false;
};

/// One field that does not fit. Never holds the value.
struct FieldError {
  std::string field;  ///< "sys_param_1"
  std::string key;    ///< "form.required", "form.option", ...: stable
  std::string message;
  std::string message_zh;
};

struct Validation {
  std::vector<ValidParameter>
      parameters;  ///< one for each field, by number; empty when there are errors
  std::vector<FieldError> errors;

  bool ok() const { return errors.empty(); }
  /// invalid_argument "form.refused" with every field in the message. Requires: !ok().
  Error error() const;
};

Validation validate(const Form& form, const GivenValues& given);

/// Values without names, as `-p A -p B` and a JSON list give them: the first is sys_param_1.
GivenValues by_position(const std::vector<std::string>& values);

}  // namespace om::catalogue
