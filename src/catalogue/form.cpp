// SPDX-License-Identifier: MIT
#include "om/catalogue/form.h"

#include <algorithm>
#include <utility>

#include "catalogue/form_fields.h"
#include "catalogue/form_markup.h"
#include "catalogue/html_tree.h"

#include "om/base/text.h"

namespace om::catalogue {
namespace {

std::vector<std::string> option_values(const FormField& field) {
  std::vector<std::string> values;
  for (const FormOption& option : field.options) values.push_back(option.value);
  return values;
}

// All that decides which values are accepted.
bool asks_for_the_same(const FormField& a, const FormField& b) {
  return a.type == b.type && a.required == b.required && a.multiple == b.multiple &&
         a.min == b.min && a.max == b.max && a.step == b.step && a.maxlength == b.maxlength &&
         a.minlength == b.minlength && a.pattern == b.pattern && a.value == b.value &&
         option_values(a) == option_values(b);
}

Error too_large() {
  return fail(
      Errc::invalid_argument, "form.too_large",
      "the form is too large: it has more than " + std::to_string(kMaxFormBytes / 1024) + " KiB");
}

}  // namespace

std::string_view field_type_name(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "text";
    case FieldType::number:
      return "number";
    case FieldType::password:
      return "password";
    case FieldType::date:
      return "date";
    case FieldType::time:
      return "time";
    case FieldType::checkbox:
      return "checkbox";
    case FieldType::radio:
      return "radio";
    case FieldType::range:
      return "range";
    case FieldType::hidden:
      return "hidden";
    case FieldType::file:
      return "file";
    case FieldType::select:
      return "select";
    case FieldType::textarea:
      return "textarea";
  }
  return "text";
}

const FormField* Form::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [name](const FormField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

Result<ParsedForm> parse_form(std::string_view html) {
  if (html.size() > kMaxFormBytes) return too_large();
  OM_TRY_SET(Tree tree, build_tree(html, Allowed::form, kMaxFormDepth, kMaxFormNodes));
  MarkupReport markup = canonicalise_form(tree.root);
  ReadForm read = read_form(tree.root);
  std::vector<std::string> faults = std::move(markup.faults);
  faults.insert(faults.end(), read.faults.begin(), read.faults.end());
  if (!faults.empty())
    return fail(Errc::invalid_argument, "form.bad",
                "the form is not usable: " + text::join(faults, "; "));
  std::vector<std::string> removed = std::move(tree.removed);
  removed.insert(removed.end(), markup.removed.begin(), markup.removed.end());
  // References are longer than what they stand for; what is stored must parse again.
  std::string canonical = canonical_html(tree.root);
  if (canonical.size() > kMaxFormBytes) return too_large();
  return ParsedForm{std::move(read.form), std::move(canonical), std::move(removed)};
}

Result<void> check_translation(const Form& form, const Form& translation) {
  std::vector<std::string> differences;
  for (const FormField& field : form.fields) {
    const FormField* other = translation.find(field.name);
    if (other == nullptr) {
      differences.push_back(field.name + " is missing");
    } else if (!asks_for_the_same(field, *other)) {
      differences.push_back(field.name + " asks for something else");
    }
  }
  for (const FormField& field : translation.fields) {
    if (form.find(field.name) == nullptr) differences.push_back(field.name + " is too many");
  }
  if (differences.empty()) return {};
  return fail(Errc::invalid_argument, "form.translation_differs",
              "the English form must ask for the same: " + text::join(differences, "; "));
}

}  // namespace om::catalogue
