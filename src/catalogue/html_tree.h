// SPDX-License-Identifier: MIT
//
// The tree of a hostile HTML fragment, with nothing in it but allowed elements; and its canonical
// text. Pure values, any thread. Attributes come through as they were written: form_tree keeps
// those that mean something. Depth and size are bounded: past them building fails rather than
// silently losing the rest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/html_tokens.h"

#include "om/base/result.h"

namespace om::catalogue {

/// An element, or a text (then `element` is empty). The root is an element named "#root".
struct Node {
  std::string element;
  std::string text;
  std::vector<Attribute> attributes;
  std::vector<Node> children;

  bool is_text() const { return element.empty(); }
  /// Null when it has no such attribute.
  const std::string* attribute(std::string_view name) const;
};

enum class Allowed {
  form,     ///< fields, their labels and groups, and text
  caption,  ///< b, br, p, span
};

struct Tree {
  Node root;
  std::vector<std::string> removed;  ///< elements left out, "<a>", each once
};

/// Reads at most `max_nodes` elements and texts, `max_depth` deep: more is invalid_argument
/// "form.too_large".
Result<Tree> build_tree(std::string_view html, Allowed allowed, std::size_t max_depth,
                        std::size_t max_nodes);

/// One line; attributes in double quotes in the order they are in; & < > " ' \ @ and control
/// characters as references.
std::string canonical_html(const Node& root);

/// Runs of white space (not no-break spaces) as one space.
std::string collapse_space(std::string_view text);

}  // namespace om::catalogue
