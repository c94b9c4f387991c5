// SPDX-License-Identifier: MIT
#include "om/catalogue/caption.h"

#include <utility>

#include "catalogue/html_tree.h"

#include "om/base/text.h"
#include "om/catalogue/form.h"

namespace om::catalogue {
namespace {

void tidy(Node& node) {
  node.attributes.clear();
  if (node.is_text()) node.text = collapse_space(node.text);
  for (Node& child : node.children) tidy(child);
}

void append_text(std::string& out, const Node& node) {
  const bool line = node.element == "br" || node.element == "p";
  if (line && !out.empty() && out.back() != '\n') out += '\n';
  out += node.text;
  for (const Node& child : node.children) append_text(out, child);
  if (node.element == "p" && !out.empty() && out.back() != '\n') out += '\n';
}

std::string trimmed_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : text::split(text, '\n')) {
    if (std::string_view bare = text::trim(line); !bare.empty()) lines.emplace_back(bare);
  }
  return text::join(lines, "\n");
}

}  // namespace

Caption parse_caption(std::string_view html) {
  Result<Tree> tree =
      build_tree(html.substr(0, kMaxFormBytes), Allowed::caption, kMaxFormDepth, kMaxFormNodes);
  // Too deep for a caption: its text is what is left of it.
  if (!tree)
    tree = build_tree(text::escape_html(html.substr(0, kMaxFormBytes / 8)), Allowed::caption,
                      kMaxFormDepth, kMaxFormNodes);
  tidy(tree->root);
  std::string text;
  append_text(text, tree->root);
  return {canonical_html(tree->root), trimmed_lines(text)};
}

}  // namespace om::catalogue
