// SPDX-License-Identifier: MIT
#include "catalogue/form_markup.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "om/base/text.h"

namespace om::catalogue {
namespace {

constexpr std::array<std::string_view, 8> kInputModes = {"none", "text",   "decimal", "numeric",
                                                         "tel",  "search", "email",   "url"};

std::string numbered(std::string_view stem, std::size_t number) {
  return std::string(stem) + std::to_string(number);
}

// Space separated names of the attributes that mean something for a field of that type, in
// canonical order.
std::string_view attributes_for(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "value size maxlength minlength pattern placeholder inputmode list required";
    case FieldType::password:
      return "size maxlength minlength pattern placeholder required";
    case FieldType::number:
      return "value size min max step placeholder list required";
    case FieldType::range:
      return "value min max step list";
    case FieldType::date:
    case FieldType::time:
      return "value min max list required";
    case FieldType::checkbox:
    case FieldType::radio:
      return "value required checked";
    case FieldType::hidden:
      return "value";
    case FieldType::file:
      return "size placeholder required";
    case FieldType::select:
      return "size required multiple";
    case FieldType::textarea:
      return "rows cols maxlength minlength placeholder required";
  }
  return {};
}

bool is_boolean(std::string_view attribute) {
  return attribute == "required" || attribute == "checked" || attribute == "multiple" ||
         attribute == "selected";
}

// The value as it is kept, or nothing when it says nothing.
std::optional<std::string> kept_value(std::string_view attribute, std::string value) {
  if (is_boolean(attribute)) return std::string(attribute);
  if (attribute == "size" || attribute == "rows" || attribute == "cols") {
    const std::optional<std::int64_t> number = text::parse_int(value);
    if (!number || *number < 1 || *number > 999) return std::nullopt;
    return std::to_string(*number);
  }
  if (attribute == "inputmode") {
    value = text::lower_ascii(value);
    const bool known =
        std::find(kInputModes.begin(), kInputModes.end(), value) != kInputModes.end();
    return known ? std::optional(value) : std::nullopt;
  }
  // An empty value is the same as none, except for choices, which keep theirs.
  if (value.empty()) return std::nullopt;
  return value;
}

class Canonicaliser {
 public:
  MarkupReport run(Node& root) {
    collect_ids(root);
    rewrite(root);
    std::sort(report_.removed.begin(), report_.removed.end());
    report_.removed.erase(std::unique(report_.removed.begin(), report_.removed.end()),
                          report_.removed.end());
    return std::move(report_);
  }

 private:
  // Names first, since a label may come before its field and a list after the fields that use it.
  void collect_ids(const Node& node) {
    const std::string* id = node.attribute("id");
    if (node.element == "datalist" && id != nullptr) {
      lists_.emplace(*id, numbered("sys_param_list_", lists_.size() + 1));
    } else if (field_type(node)) {
      const std::string name = field_name(node);
      if (!name.empty()) {
        const std::string canonical = next_id(name, uses_);
        if (id != nullptr) ids_.emplace(*id, canonical);
        ids_.emplace(canonical, canonical);
      }
    }
    for (const Node& child : node.children) collect_ids(child);
  }

  // The first of a name has the name as its id, where the original page looks for it.
  static std::string next_id(const std::string& name, std::map<std::string, std::size_t>& uses) {
    const std::size_t used = ++uses[name];
    return used == 1 ? name : numbered(name + "_", used);
  }

  static std::string field_name(const Node& node) {
    for (const std::string_view attribute : {"name", "id"}) {
      const std::string* value = node.attribute(attribute);
      if (value != nullptr && parameter_index(*value)) return *value;
    }
    return {};
  }

  void rewrite(Node& node) {
    std::erase_if(node.children, [this](Node& child) { return !child.is_text() && !keep(child); });
    join_texts(node);
  }

  // Canonical attributes for the element and all below; false when it is left out.
  bool keep(Node& node) {
    if (is_field(node)) return keep_field(node);
    if (node.element == "option") return keep_option(node, OptionOf::select);
    if (node.element == "datalist") return keep_list(node);
    std::vector<Attribute> attributes;
    if (node.element == "optgroup") {
      const std::string* label = node.attribute("label");
      attributes.push_back({"label", label == nullptr
                                         ? std::string()
                                         : std::string(text::trim(collapse_space(*label)))});
    } else if (node.element == "label" && node.attribute("for") != nullptr) {
      const auto found = ids_.find(*node.attribute("for"));
      if (found != ids_.end()) attributes.push_back({"for", found->second});
    }
    replace(node, std::move(attributes));
    rewrite(node);
    return true;
  }

  bool keep_field(Node& node) {
    const std::optional<FieldType> type = field_type(node);
    if (!type) {
      report_.removed.push_back("<input type=\"" + text::lower_ascii(*node.attribute("type")) +
                                "\">");
      return false;
    }
    const std::string name = field_name(node);
    if (name.empty()) {
      report_.faults.push_back("a field (<" + node.element +
                               ">) has no number: its name must be sys_param_1, sys_param_2 ...");
      return false;
    }
    std::vector<Attribute> attributes;
    if (node.element == "input")
      attributes.push_back({"type", std::string(field_type_name(*type))});
    attributes.push_back({"name", name});
    attributes.push_back({"id", next_id(name, given_)});
    for (const std::string_view wanted : text::split(attributes_for(*type), ' '))
      keep_attribute(node, *type, wanted, attributes);
    replace(node, std::move(attributes));
    if (node.element == "select") rewrite(node);
    return true;
  }

  void keep_attribute(const Node& node, FieldType type, std::string_view wanted,
                      std::vector<Attribute>& kept) {
    const bool ticked = type == FieldType::checkbox || type == FieldType::radio;
    const std::string* written = node.attribute(wanted);
    if (wanted == "value" && ticked) {
      kept.push_back({"value", written == nullptr ? "on" : *written});
      return;
    }
    if (written == nullptr) return;
    std::string value = *written;
    if (wanted == "list") {
      const auto found = lists_.find(value);
      if (found == lists_.end()) return;
      value = found->second;
    }
    // One line, as a browser makes it.
    if (wanted == "value") std::erase(value, '\n');
    if (std::optional<std::string> rest = kept_value(wanted, std::move(value))) {
      kept.push_back({std::string(wanted), *std::move(rest)});
    }
  }

  enum class OptionOf { select, list };
  bool keep_option(Node& node, OptionOf parent) {
    const std::string* label = node.attribute("label");
    const std::string* value = node.attribute("value");
    const std::string shown =
        std::string(text::trim(collapse_space(label != nullptr ? *label : visible_text(node))));
    std::vector<Attribute> attributes = {{"value", value != nullptr ? *value : shown}};
    if (parent == OptionOf::select && node.attribute("selected") != nullptr)
      attributes.push_back({"selected", "selected"});
    replace(node, std::move(attributes));
    node.children.clear();
    if (parent == OptionOf::select && !shown.empty()) node.children.push_back({{}, shown, {}, {}});
    return true;
  }

  bool keep_list(Node& node) {
    const std::string* id = node.attribute("id");
    const auto found = id == nullptr ? lists_.end() : lists_.find(*id);
    // Of two lists of one name the first is meant.
    if (found == lists_.end() || !lists_kept_.insert(found->second).second) return false;
    const std::string canonical = found->second;
    std::erase_if(node.children, [this](Node& child) {
      return child.element != "option" || !keep_option(child, OptionOf::list);
    });
    replace(node, {{"id", canonical}});
    return true;
  }

  void replace(Node& node, std::vector<Attribute> kept) {
    for (const Attribute& old : node.attributes) {
      const bool stays = old.name == "name" || old.name == "id" || old.name == "type" ||
                         old.name == "label" ||
                         std::any_of(kept.begin(), kept.end(),
                                     [&old](const Attribute& a) { return a.name == old.name; });
      if (!stays) report_.removed.push_back(old.name);
    }
    node.attributes = std::move(kept);
  }

  // What stood around something left out is one text again; white space as HTML shows it.
  static void join_texts(Node& node) {
    std::vector<Node> joined;
    for (Node& child : node.children) {
      if (child.is_text() && !joined.empty() && joined.back().is_text()) {
        joined.back().text += child.text;
      } else {
        joined.push_back(std::move(child));
      }
    }
    for (Node& child : joined) {
      if (child.is_text()) child.text = collapse_space(child.text);
    }
    node.children = std::move(joined);
  }

  std::map<std::string, std::string> ids_;    ///< as written -> canonical
  std::map<std::string, std::string> lists_;  ///< datalists, the same
  std::set<std::string> lists_kept_;
  std::map<std::string, std::size_t> uses_,
      given_;  ///< of each name, in the first and the second pass
  MarkupReport report_;
};

}  // namespace

MarkupReport canonicalise_form(Node& root) { return Canonicaliser().run(root); }

std::optional<int> parameter_index(std::string_view name) {
  constexpr std::string_view kStem = "sys_param_";
  if (name.substr(0, kStem.size()) != kStem) return std::nullopt;
  name.remove_prefix(kStem.size());
  if (name.empty() || name.size() > 3 || name.front() == '0') return std::nullopt;
  if (name.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const std::optional<std::int64_t> number = text::parse_int(name);
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

std::optional<FieldType> field_type(const Node& node) {
  if (node.element == "select") return FieldType::select;
  if (node.element == "textarea") return FieldType::textarea;
  if (node.element != "input") return std::nullopt;
  const std::string* written = node.attribute("type");
  const std::string type = written == nullptr ? std::string() : text::lower_ascii(*written);
  for (const std::string_view button : {"submit", "reset", "button", "image"}) {
    if (type == button) return std::nullopt;
  }
  for (const FieldType known : {FieldType::number, FieldType::password, FieldType::date,
                                FieldType::time, FieldType::checkbox, FieldType::radio,
                                FieldType::range, FieldType::hidden, FieldType::file}) {
    if (type == field_type_name(known)) return known;
  }
  return FieldType::text;
}

bool is_field(const Node& node) {
  return node.element == "input" || node.element == "select" || node.element == "textarea";
}

std::string visible_text(const Node& node) {
  if (node.is_text()) return node.text;
  if (is_field(node) || node.element == "datalist") return {};
  if (node.element == "br") return " ";
  std::string text;
  for (const Node& child : node.children) text += visible_text(child);
  return text;
}

}  // namespace om::catalogue
