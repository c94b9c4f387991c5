// SPDX-License-Identifier: MIT
//
// The flow of a form being written: texts, lines, field sets, and the place of each field. Keeps
// the small rules of HTML's flow (paragraphs break lines, a text right before a field is its label)
// out of form_fields. Value, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "om/catalogue/form.h"

namespace om::catalogue {

class FormFlow {
 public:
  void text(std::string_view text, bool bold);
  void line_break();
  /// A paragraph's edge: a break unless a line begins here anyway.
  void paragraph_edge() { edge_ = true; }
  void field(std::size_t place);
  /// Everything until close_fieldset() is inside.
  void open_fieldset(std::string legend);
  void close_fieldset();

  /// The text right before, on the same line, without its colon: what a field without a label is
  /// called.
  std::string text_before() const;
  /// The items; trimmed, and without empty ones.
  std::vector<FormItem> take();

 private:
  std::vector<FormItem>& items() { return open_.empty() ? items_ : open_.back().items; }
  const std::vector<FormItem>& items() const { return open_.empty() ? items_ : open_.back().items; }
  void begin_item();

  std::vector<FormItem> items_;
  std::vector<FormItem> open_;  ///< field sets, the outermost first
  bool edge_ = false;
};

/// Without white space at both ends and the colon a label ends with.
std::string bare_label(std::string_view text);

}  // namespace om::catalogue
