// SPDX-License-Identifier: MIT
//
// Gives the tree of a form its canonical attributes: fields are named sys_param_N and carry only
// what means something for their type, choices have a value, labels and suggestion lists are tied
// by ids of our own. Pure, any thread. Does not judge the values: form_fields reads them and says
// what does not fit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/html_tree.h"

#include "om/catalogue/form.h"

namespace om::catalogue {

struct MarkupReport {
  std::vector<std::string> removed;  ///< attributes and fields left out
  std::vector<std::string> faults;   ///< fields without a number
};

MarkupReport canonicalise_form(Node& root);

/// N of "sys_param_N" (1 to 999, without leading zeros), else nothing.
std::optional<int> parameter_index(std::string_view name);

/// What kind of field an element is; nothing for buttons and what is no field. Types of <input>
/// that we do not know are text, as in HTML.
std::optional<FieldType> field_type(const Node& node);

bool is_field(const Node& node);

/// The text of everything below, but what a choice or a textarea holds.
std::string visible_text(const Node& node);

}  // namespace om::catalogue
