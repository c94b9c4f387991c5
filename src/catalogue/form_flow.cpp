// SPDX-License-Identifier: MIT
#include "catalogue/form_flow.h"

#include <utility>

#include "catalogue/html_tree.h"

#include "om/base/text.h"

namespace om::catalogue {
namespace {

void tidy(std::vector<FormItem>& items) {
  for (FormItem& item : items) {
    if (item.kind == FormItem::Kind::text)
      item.text = std::string(text::trim(collapse_space(item.text)));
    if (item.kind == FormItem::Kind::fieldset) tidy(item.items);
  }
  std::erase_if(items, [](const FormItem& item) {
    return item.kind == FormItem::Kind::text && item.text.empty();
  });
  while (!items.empty() && items.back().kind == FormItem::Kind::line_break) items.pop_back();
}

}  // namespace

void FormFlow::text(std::string_view text, bool bold) {
  // White space after a paragraph's edge is not yet a line.
  if (edge_ && text::trim(text).empty()) return;
  begin_item();
  std::vector<FormItem>& here = items();
  if (!here.empty() && here.back().kind == FormItem::Kind::text && here.back().bold == bold) {
    here.back().text += text;
    return;
  }
  here.push_back({FormItem::Kind::text, std::string(text), bold, 0, {}});
}

void FormFlow::line_break() {
  edge_ = false;
  if (!items().empty()) items().push_back({FormItem::Kind::line_break, {}, false, 0, {}});
}

void FormFlow::field(std::size_t place) {
  begin_item();
  items().push_back({FormItem::Kind::field, {}, false, place, {}});
}

void FormFlow::open_fieldset(std::string legend) {
  begin_item();
  open_.push_back({FormItem::Kind::fieldset, std::move(legend), false, 0, {}});
}

void FormFlow::close_fieldset() {
  FormItem done = std::move(open_.back());
  open_.pop_back();
  edge_ = false;
  items().push_back(std::move(done));
}

std::string FormFlow::text_before() const {
  if (edge_ || items().empty()) return {};
  // Two texts side by side differ in boldness only; white space alone names nothing.
  for (auto item = items().rbegin(); item != items().rend() && item->kind == FormItem::Kind::text;
       ++item) {
    std::string label = bare_label(collapse_space(item->text));
    if (!label.empty()) return label;
  }
  return {};
}

std::vector<FormItem> FormFlow::take() {
  while (!open_.empty()) close_fieldset();
  tidy(items_);
  return std::move(items_);
}

void FormFlow::begin_item() {
  if (edge_ && !items().empty() && items().back().kind != FormItem::Kind::line_break) {
    items().push_back({FormItem::Kind::line_break, {}, false, 0, {}});
  }
  edge_ = false;
}

std::string bare_label(std::string_view text) {
  constexpr std::string_view kWideColon = "：";
  for (;;) {
    text = text::trim(text);
    if (text.ends_with(':')) {
      text.remove_suffix(1);
    } else if (text.ends_with(kWideColon)) {
      text.remove_suffix(kWideColon.size());
    } else {
      return std::string(text);
    }
  }
}

}  // namespace om::catalogue
