// SPDX-License-Identifier: MIT
#include "om/legacy/lists.h"

#include <string_view>

#include "om/base/text.h"
#include "om/legacy/eval_safe.h"

namespace om::legacy {
namespace {

class ListAnswer {
 public:
  void add(std::string_view text, std::string_view value) {
    if (!empty_) {
      texts_ += ',';
      values_ += ',';
    }
    empty_ = false;
    const std::string visible = text::replace_all(text::replace_all(text, ",", "，"), "|", "｜");
    texts_ += eval_safe_text(visible);
    values_ += eval_safe_text(value);
  }
  std::string text() const { return texts_ + "|" + values_; }

 private:
  bool empty_ = true;
  std::string texts_;
  std::string values_;
};

/// Numbered things, after the line that asks to choose one.
template <class Row>
std::string numbered(std::string_view first, const std::vector<Row>& rows) {
  ListAnswer answer;
  answer.add(first, "-1");
  for (const Row& row : rows) answer.add(row.name, std::to_string(row.id.value));
  return answer.text();
}

bool has_separator(std::string_view s) { return s.find_first_of(",|*") != std::string_view::npos; }

}  // namespace

std::string category_list(const std::vector<Category>& categories) {
  return numbered("<-请选择功能类别->", categories);
}

std::string app_list(const std::vector<App>& apps) { return numbered("<-请选择应用类别->", apps); }

std::string host_list(const std::vector<Host>& hosts) {
  ListAnswer answer;
  for (const Host& host : hosts) {
    if (has_separator(host.name) || has_separator(host.address)) continue;
    answer.add(host.address, host.address + "*" + host.name);
  }
  return answer.text();
}

std::string module_list(const std::vector<Module>& modules) {
  return numbered("请选择功能模块...", modules);
}

}  // namespace om::legacy
