// SPDX-License-Identifier: MIT
//
// HTML cut into tokens, tolerantly: any input gives tokens, in one pass. Pure, any thread. What an
// HTML parser would not show as text (comments, scripts, style, titles ...) is left out, and
// reported by element name in `dropped`. Character references are decoded; text and attribute
// values are valid UTF-8 without control characters other than tab and line feed. Nothing here
// decides what is allowed: html_tree does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace om::catalogue {

struct Attribute {
  std::string name;  ///< lower case
  std::string value;
};

struct Token {
  enum class Kind { text, start, end };
  Kind kind = Kind::text;
  std::string name;  ///< element, lower case
  std::string text;
  std::vector<Attribute> attributes;
};

struct Tokens {
  std::vector<Token> tokens;
  std::vector<std::string> dropped;  ///< "<script>", each as often as it came
};

Tokens tokenize_html(std::string_view html);

}  // namespace om::catalogue
