// SPDX-License-Identifier: MIT
#include "om/base/quote.h"

#include "om/base/check.h"
#include "om/base/text.h"

namespace om::quote {

std::string shell_word(std::string_view value) {
  OM_CHECK(value.find('\0') == std::string_view::npos);
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=";
  if (!value.empty() && value.find_first_not_of(safe) == std::string_view::npos) {
    return std::string(value);
  }
  return "'" + text::replace_all(value, "'", "'\\''") + "'";
}

std::string shell_command(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  words.reserve(argv.size());
  for (const std::string& word : argv) words.push_back(shell_word(word));
  return text::join(words, " ");
}

}  // namespace om::quote
