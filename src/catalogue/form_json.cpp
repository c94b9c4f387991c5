// SPDX-License-Identifier: MIT
#include "om/catalogue/form_json.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace om::catalogue {
namespace {

using nlohmann::json;

void put_text(json& out, const char* key, const std::string& value) {
  if (!value.empty()) out[key] = value;
}

void put_number(json& out, const char* key, int value) {
  if (value != 0) out[key] = value;
}

json field_json(const FormField& field) {
  json out = {
      {"kind", "field"},           {"name", field.name},   {"type", field_type_name(field.type)},
      {"label", field.label},      {"value", field.value}, {"required", field.required},
      {"multiple", field.multiple}};
  put_text(out, "min", field.min);
  put_text(out, "max", field.max);
  put_text(out, "step", field.step);
  if (field.maxlength) out["maxlength"] = *field.maxlength;
  if (field.minlength) out["minlength"] = *field.minlength;
  put_text(out, "pattern", field.pattern);
  put_text(out, "placeholder", field.placeholder);
  put_text(out, "inputmode", field.inputmode);
  put_number(out, "size", field.size);
  put_number(out, "rows", field.rows);
  put_number(out, "cols", field.cols);
  for (const FormOption& option : field.options) {
    out["options"].push_back({{"value", option.value},
                              {"label", option.label},
                              {"selected", option.selected},
                              {"group", option.group}});
  }
  if (!field.suggestions.empty()) out["suggestions"] = field.suggestions;
  return out;
}

json items_of(const Form& form, const std::vector<FormItem>& items) {
  json out = json::array();
  for (const FormItem& item : items) {
    switch (item.kind) {
      case FormItem::Kind::text:
        out.push_back({{"kind", "text"}, {"text", item.text}, {"bold", item.bold}});
        break;
      case FormItem::Kind::line_break:
        out.push_back({{"kind", "break"}});
        break;
      case FormItem::Kind::field:
        out.push_back(field_json(form.fields[item.field]));
        break;
      case FormItem::Kind::fieldset:
        out.push_back(
            {{"kind", "fieldset"}, {"legend", item.text}, {"items", items_of(form, item.items)}});
        break;
    }
  }
  return out;
}

}  // namespace

nlohmann::json items_json(const Form& form) { return items_of(form, form.items); }

}  // namespace om::catalogue
