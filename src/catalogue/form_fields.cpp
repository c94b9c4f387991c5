// SPDX-License-Identifier: MIT
#include "catalogue/form_fields.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "catalogue/field_rules.h"
#include "catalogue/form_flow.h"
#include "catalogue/form_markup.h"

#include "om/base/text.h"

namespace om::catalogue {
namespace {

std::string attribute_or_empty(const Node& node, std::string_view name) {
  const std::string* value = node.attribute(name);
  return value == nullptr ? std::string() : *value;
}

int small_number(const Node& node, std::string_view name) {
  // canonicalise_form() let only 1 to 999 through.
  return static_cast<int>(text::parse_int(attribute_or_empty(node, name)).value_or(0));
}

class Reader {
 public:
  ReadForm run(const Node& root) {
    collect(root);
    walk_children(root, false);
    out_.form.items = flow_.take();
    finish_fields();
    return std::move(out_);
  }

 private:
  // Labels and lists by id, since they may come after their field.
  void collect(const Node& node) {
    if (node.element == "label") {
      if (const std::string* target = node.attribute("for"))
        labels_.emplace(*target, label_text(node));
    } else if (node.element == "datalist") {
      std::vector<std::string>& values = lists_[attribute_or_empty(node, "id")];
      for (const Node& option : node.children)
        values.push_back(attribute_or_empty(option, "value"));
    }
    for (const Node& child : node.children) collect(child);
  }

  static std::string label_text(const Node& node) {
    return bare_label(collapse_space(visible_text(node)));
  }

  static bool holds_field(const Node& node) {
    return is_field(node) || std::any_of(node.children.begin(), node.children.end(), holds_field);
  }

  void walk_children(const Node& node, bool bold) {
    for (const Node& child : node.children) walk(child, bold);
  }

  void walk(const Node& node, bool bold) {
    if (node.is_text()) {
      plain_text(node.text, bold);
    } else if (is_field(node)) {
      read_field(node);
    } else if (node.element == "label" && (holds_field(node) || node.attribute("for") != nullptr)) {
      // Its text names its field; it is no text of its own.
      const std::string outer = std::exchange(enclosing_label_, label_text(node));
      walk_fields(node);
      enclosing_label_ = outer;
    } else if (node.element == "br") {
      unnamed_choice_.reset();
      flow_.line_break();
    } else if (node.element == "p") {
      unnamed_choice_.reset();
      flow_.paragraph_edge();
      walk_children(node, bold);
      flow_.paragraph_edge();
    } else if (node.element == "fieldset") {
      read_fieldset(node);
    } else if (node.element != "datalist") {
      walk_children(node, bold || node.element == "b");
    }
  }

  void walk_fields(const Node& node) {
    if (is_field(node)) {
      read_field(node);
      return;
    }
    for (const Node& child : node.children) walk_fields(child);
  }

  void plain_text(const std::string& text, bool bold) {
    // `<input type="radio"> red`: the text is the choice's.
    if (unnamed_choice_ && !text::trim(text).empty()) {
      out_.form.fields[unnamed_choice_->first].options[unnamed_choice_->second].label =
          bare_label(text);
      unnamed_choice_.reset();
      return;
    }
    flow_.text(text, bold);
  }

  void read_fieldset(const Node& node) {
    unnamed_choice_.reset();
    const auto legend = std::find_if(node.children.begin(), node.children.end(),
                                     [](const Node& child) { return child.element == "legend"; });
    flow_.open_fieldset(legend == node.children.end() ? std::string() : label_text(*legend));
    for (auto child = node.children.begin(); child != node.children.end(); ++child) {
      if (child != legend) walk(*child, false);
    }
    unnamed_choice_.reset();
    flow_.close_fieldset();
  }

  void read_field(const Node& node) {
    unnamed_choice_.reset();
    const FieldType type = *field_type(node);
    const std::string name = attribute_or_empty(node, "name");
    const bool ticked = type == FieldType::checkbox || type == FieldType::radio;
    const auto known = places_.find(name);
    if (known == places_.end()) {
      if (out_.form.fields.size() == kMaxFormFields) {
        too_many_ = true;
        return;
      }
      places_[name] = out_.form.fields.size();
      flow_label_ = flow_.text_before();
      flow_.field(out_.form.fields.size());
      out_.form.fields.push_back(new_field(node, type, name));
    } else if (!ticked || out_.form.fields[known->second].type != type) {
      fault(name, "is the name of two fields");
      return;
    }
    const std::size_t place = places_[name];
    if (ticked) {
      read_tick(node, place);
    } else if (type == FieldType::select) {
      read_options(node, "", out_.form.fields[place]);
    }
  }

  FormField new_field(const Node& node, FieldType type, const std::string& name) {
    FormField field;
    field.name = name;
    field.index = *parameter_index(name);
    field.type = type;
    field.label = label_of(node, type);
    if (type != FieldType::checkbox && type != FieldType::radio)
      field.value = attribute_or_empty(node, "value");
    if (type == FieldType::textarea && !node.children.empty())
      field.value = node.children.front().text;
    field.required = node.attribute("required") != nullptr;
    field.multiple = node.attribute("multiple") != nullptr;
    field.min = attribute_or_empty(node, "min");
    field.max = attribute_or_empty(node, "max");
    field.step = attribute_or_empty(node, "step");
    field.maxlength = length(node, "maxlength", name);
    field.minlength = length(node, "minlength", name);
    field.pattern = attribute_or_empty(node, "pattern");
    field.placeholder = attribute_or_empty(node, "placeholder");
    field.inputmode = attribute_or_empty(node, "inputmode");
    field.size = small_number(node, "size");
    field.rows = small_number(node, "rows");
    field.cols = small_number(node, "cols");
    const auto list = lists_.find(attribute_or_empty(node, "list"));
    if (list != lists_.end()) field.suggestions = list->second;
    return field;
  }

  // A label of a radio button or a box names the choice, not the field: the text before does.
  std::string label_of(const Node& node, FieldType type) const {
    if (type == FieldType::radio || type == FieldType::checkbox) return flow_label_;
    const std::string own = own_label(node);
    return own.empty() ? flow_label_ : own;
  }

  std::string own_label(const Node& node) const {
    if (!enclosing_label_.empty()) return enclosing_label_;
    const auto found = labels_.find(attribute_or_empty(node, "id"));
    return found == labels_.end() ? std::string() : found->second;
  }

  std::optional<std::int64_t> length(const Node& node, std::string_view attribute,
                                     const std::string& name) {
    const std::string* written = node.attribute(attribute);
    if (written == nullptr) return std::nullopt;
    const std::optional<std::int64_t> number = text::parse_int(*written);
    if (!number || *number < 0)
      fault(name, std::string(attribute) + " is not a number of characters");
    return number;
  }

  void read_tick(const Node& node, std::size_t place) {
    FormField& field = out_.form.fields[place];
    field.required = field.required || node.attribute("required") != nullptr;
    const bool checked = node.attribute("checked") != nullptr;
    // Of several checked radio buttons the last one is.
    if (checked && field.type == FieldType::radio) {
      for (FormOption& option : field.options) option.selected = false;
    }
    field.options.push_back({attribute_or_empty(node, "value"), own_label(node), {}, checked});
    if (field.options.back().label.empty())
      unnamed_choice_.emplace(place, field.options.size() - 1);
  }

  void read_options(const Node& node, const std::string& group, FormField& field) {
    for (const Node& child : node.children) {
      if (child.element == "optgroup") {
        read_options(child, attribute_or_empty(child, "label"), field);
      } else if (child.element == "option") {
        const bool selected = child.attribute("selected") != nullptr;
        // As with the original's forms, where several are marked: the last one wins.
        if (selected && !field.multiple) {
          for (FormOption& option : field.options) option.selected = false;
        }
        std::string label = child.children.empty() ? std::string() : child.children.front().text;
        field.options.push_back(
            {attribute_or_empty(child, "value"), std::move(label), group, selected});
      }
    }
  }

  void finish_fields() {
    std::size_t options = 0;
    for (FormField& field : out_.form.fields) {
      if (field.type == FieldType::checkbox) field.multiple = field.options.size() > 1;
      choose_default(field);
      options += field.options.size();
      for (std::string& rule : faults_of_rules(field)) fault(field.name, rule);
    }
    if (options > kMaxFormOptions)
      fault("", "it has more than " + std::to_string(kMaxFormOptions) + " options");
    if (too_many_) fault("", "it has more than " + std::to_string(kMaxFormFields) + " parameters");
    sort_fields();
    for (std::size_t i = 0; i < out_.form.fields.size(); ++i) {
      const int expected = static_cast<int>(i) + 1;
      if (out_.form.fields[i].index == expected) continue;
      fault("",
            "there is no sys_param_" + std::to_string(expected) + ": the numbers must have no gap");
      break;
    }
  }

  // What a browser would send for a form that nobody touched.
  static void choose_default(FormField& field) {
    if (field.options.empty()) return;
    std::vector<std::string> chosen;
    for (const FormOption& option : field.options) {
      if (option.selected) chosen.push_back(option.value);
    }
    if (chosen.empty() && field.type == FieldType::select && !field.multiple) {
      field.options.front().selected = true;
      chosen.push_back(field.options.front().value);
    }
    field.value = text::join(chosen, ",");
  }

  void sort_fields() {
    std::vector<std::size_t> order(out_.form.fields.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return out_.form.fields[a].index < out_.form.fields[b].index;
    });
    std::vector<FormField> sorted;
    std::vector<std::size_t> new_place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      new_place[order[i]] = i;
      sorted.push_back(std::move(out_.form.fields[order[i]]));
    }
    out_.form.fields = std::move(sorted);
    renumber(out_.form.items, new_place);
  }

  static void renumber(std::vector<FormItem>& items, const std::vector<std::size_t>& new_place) {
    for (FormItem& item : items) {
      if (item.kind == FormItem::Kind::field) item.field = new_place[item.field];
      renumber(item.items, new_place);
    }
  }

  void fault(const std::string& name, const std::string& what) {
    out_.faults.push_back(name.empty() ? what : name + " " + what);
  }

  ReadForm out_;
  FormFlow flow_;
  std::map<std::string, std::size_t> places_;  ///< of fields, by name
  std::map<std::string, std::string> labels_;  ///< by the id of what they name
  std::map<std::string, std::vector<std::string>> lists_;
  bool too_many_ = false;
  std::string enclosing_label_;
  std::string flow_label_;
  std::optional<std::pair<std::size_t, std::size_t>>
      unnamed_choice_;  ///< field and option that wait for a text
};

}  // namespace

ReadForm read_form(const Node& root) { return Reader().run(root); }

}  // namespace om::catalogue
