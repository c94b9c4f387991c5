// SPDX-License-Identifier: MIT
//
// A module's form: the HTML that an operator wrote, parsed into what the page draws and what every
// run is checked against. Values: owned by whoever holds them, any thread. Text is UTF-8; lengths
// count code points. parse_form() keeps an allow-list of elements and attributes and builds its own
// HTML from what is left, so nothing of the input's markup is ever passed on: the canonical HTML is
// one line, attributes in double quotes, with ' \ @ and other characters that the original page
// trips over as entities. Parsing canonical HTML gives it back unchanged. A form that contradicts
// itself (a default that does not fit, a pattern that is none, a gap in the numbers) is
// Errc::invalid_argument "form.bad", with every fault in the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"

namespace om::catalogue {

inline constexpr std::size_t kMaxFormBytes = 64 * 1024;
inline constexpr std::size_t kMaxFormDepth = 32;      ///< elements inside each other
inline constexpr std::size_t kMaxFormNodes = 4096;    ///< elements and texts
inline constexpr std::size_t kMaxFormFields = 64;     ///< parameters
inline constexpr std::size_t kMaxFormOptions = 2000;  ///< of all fields together
inline constexpr std::size_t kMaxPatternBytes = 1024;

enum class FieldType {
  text,
  number,
  password,  ///< a secret
  date,      ///< YYYY-MM-DD
  time,      ///< HH:MM or HH:MM:SS
  checkbox,  ///< always with options; a single box has one
  radio,
  range,
  hidden,  ///< its value is the form's, no other is accepted
  file,    ///< the name of a file below the data directory's files/
  select,
  textarea,
};
/// "text", ...: as in HTML, except select and textarea, which are elements there.
std::string_view field_type_name(FieldType type);

/// One choice of a select, a group of radio buttons or of boxes.
struct FormOption {
  std::string value;
  std::string label;
  std::string group;  ///< label of the optgroup, or empty
  bool selected = false;
};

/// One parameter. Empty text and nothing mean "the form does not say".
struct FormField {
  std::string name;  ///< "sys_param_1"
  int index = 0;     ///< 1
  FieldType type = FieldType::text;
  std::string label;  ///< of its <label>, else the text right before it
  std::string value;  ///< the default; several values are joined with commas
  bool required = false;
  bool multiple = false;  ///< several options may be chosen
  std::string min, max, step;
  std::optional<std::int64_t> maxlength, minlength;
  std::string pattern;  ///< RE2, for the whole value
  std::string placeholder, inputmode;
  int size = 0, rows = 0, cols = 0;
  std::vector<FormOption> options;
  std::vector<std::string> suggestions;  ///< of a datalist: not binding

  bool is_secret() const { return type == FieldType::password; }
};

/// One piece of the form's flow, in the order it was written.
struct FormItem {
  enum class Kind { text, line_break, fieldset, field };
  Kind kind = Kind::text;
  std::string text;  ///< of a text; the legend of a fieldset
  bool bold = false;
  std::size_t field = 0;        ///< of a field: its place in Form::fields
  std::vector<FormItem> items;  ///< of a fieldset
};

struct Form {
  std::vector<FormItem> items;
  std::vector<FormField> fields;  ///< by number: fields[0] is sys_param_1

  /// Null when there is no such field.
  const FormField* find(std::string_view name) const;
};

struct ParsedForm {
  Form form;
  std::string html;  ///< canonical: what is stored and what the original page gets
  std::vector<std::string>
      removed;  ///< what the allow-list took away: "<script>", "onclick"; each once
};

/// The empty text is a form without fields.
Result<ParsedForm> parse_form(std::string_view html);

/// Fails when the two do not ask for the same: the English form must have the same fields and
/// values.
Result<void> check_translation(const Form& form, const Form& translation);

}  // namespace om::catalogue
