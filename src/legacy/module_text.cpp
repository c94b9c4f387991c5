// SPDX-License-Identifier: MIT
#include "om/legacy/module_text.h"

#include "om/base/text.h"
#include "om/legacy/eval_safe.h"

namespace om::legacy {
namespace {

constexpr std::string_view kSeparator = "@@";

/// HTML in which the separator neither stands nor comes to stand beside the next one.
std::string field(std::string_view html) {
  std::string out = text::replace_all(html, kSeparator, "&#64;&#64;");
  if (out.starts_with('@')) out.replace(0, 1, "&#64;");
  if (out.ends_with('@')) out.replace(out.size() - 1, 1, "&#64;");
  return eval_safe_html(out);
}

}  // namespace

std::string module_info(const Module& module) {
  std::string out = std::to_string(module.id.value);
  out += kSeparator;
  out += field(text::escape_html(module.name));  // the page shows it as HTML too
  out += kSeparator;
  out += field(module.caption);
  out += kSeparator;
  out += field(module.form);
  return out;
}

std::optional<std::string_view> module_add_refusal(std::string_view name,
                                                   std::string_view caption) {
  if (name.empty()) return "模块名称不能为空！";
  if (caption.empty()) return "模块功能描述不能为空！";
  return std::nullopt;
}

std::string module_added(ModuleId id) {
  return "祝贺你，模块前端添加成功，模块ID为：" + std::to_string(id.value) +
         "，下一步请在服务器端编写模块逻辑！";
}

std::string module_not_stored(std::string_view why) {
  return "入库失败，请与管理员联系！" + text::escape_html(why);
}

std::string module_does_not_exist(ModuleId id) {
  return "Module \"Mid_" + std::to_string(id.value) + "\" does not exist, Please add it";
}

}  // namespace om::legacy
