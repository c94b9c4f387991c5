// SPDX-License-Identifier: MIT
#include "om/legacy/eval_safe.h"

#include <array>
#include <utility>

#include "om/base/text.h"

namespace om::legacy {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

// The backslash first: the others bring their own.
constexpr std::array<Replacement, 6> kScript = {{{"\\", "\\\\"},
                                                 {"'", "\\x27"},
                                                 {"\r", "\\r"},
                                                 {"\n", "\\n"},
                                                 {"\u2028", "\\u2028"},
                                                 {"\u2029", "\\u2029"}}};
constexpr std::array<Replacement, 7> kHtml = {{{"\\", "&#92;"},
                                               {"'", "&#39;"},
                                               {"\r\n", " "},
                                               {"\r", " "},
                                               {"\n", " "},
                                               {"\u2028", "&#8232;"},
                                               {"\u2029", "&#8233;"}}};

template <std::size_t N>
std::string replace_each(std::string_view s, const std::array<Replacement, N>& replacements) {
  std::string out(s);
  for (const auto& [from, to] : replacements) {
    if (out.find(from) != std::string::npos) out = text::replace_all(out, from, to);
  }
  return out;
}

}  // namespace

std::string eval_safe_text(std::string_view text) { return replace_each(text, kScript); }

std::string eval_safe_html(std::string_view html) { return replace_each(html, kHtml); }

}  // namespace om::legacy
