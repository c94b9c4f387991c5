// SPDX-License-Identifier: MIT
#include "catalogue/html_tree.h"

#include <algorithm>
#include <array>
#include <utility>

namespace om::catalogue {
namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 13> kFormElements = {
    "input",  "select", "option", "optgroup", "datalist", "textarea", "fieldset",
    "legend", "label",  "br",     "b",        "span",     "p"};
constexpr std::array<std::string_view, 4> kCaptionElements = {"b", "br", "span", "p"};
// Lines of their own: what is in them stays on its line.
constexpr std::array<std::string_view, 16> kParagraphs = {
    "div", "li", "tr", "h1",    "h2",     "h3",      "h4",      "h5",
    "h6",  "ul", "ol", "table", "center", "section", "article", "dd"};

constexpr std::array<std::string_view, 6> kIgnoredInChoice = {"b", "br",    "span",
                                                              "p", "label", "legend"};

// What an element is here: itself, an allowed one that does the same, or nothing.
std::string_view allowed_name(std::string_view name, Allowed allowed) {
  if (name == "strong") return "b";
  if (contains(kParagraphs, name)) return "p";
  const bool known =
      allowed == Allowed::form ? contains(kFormElements, name) : contains(kCaptionElements, name);
  return known ? name : std::string_view();
}

class Builder {
 public:
  Builder(Allowed allowed, std::size_t max_depth, std::size_t max_nodes)
      : allowed_(allowed), max_depth_(max_depth), max_nodes_(max_nodes) {
    open_.push_back({"#root", {}, {}, {}});
  }

  Result<Tree> run(Tokens tokens) {
    removed_ = std::move(tokens.dropped);
    for (Token& token : tokens.tokens) {
      if (token.kind == Token::Kind::text) {
        text(std::move(token.text));
      } else if (token.kind == Token::Kind::end) {
        end(allowed_name(token.name, allowed_));
      } else {
        start(std::move(token));
      }
      if (nodes_ > max_nodes_)
        return too_large("it has more than " + std::to_string(max_nodes_) + " elements and texts");
      if (open_.size() > max_depth_ + 1)
        return too_large("its elements are more than " + std::to_string(max_depth_) + " deep");
    }
    while (open_.size() > 1) close();
    std::sort(removed_.begin(), removed_.end());
    removed_.erase(std::unique(removed_.begin(), removed_.end()), removed_.end());
    return Tree{std::move(open_.front()), std::move(removed_)};
  }

 private:
  static Error too_large(const std::string& why) {
    return fail(Errc::invalid_argument, "form.too_large", "the form is too large: " + why);
  }

  const std::string& top() const { return open_.back().element; }
  bool in_choice() const { return top() == "select" || top() == "datalist" || top() == "optgroup"; }

  void close() {
    Node done = std::move(open_.back());
    open_.pop_back();
    open_.back().children.push_back(std::move(done));
  }

  bool is_open(std::string_view element) const {
    return std::any_of(open_.begin(), open_.end(),
                       [element](const Node& node) { return node.element == element; });
  }

  // Closes up to and with the innermost `element`. Requires: it is open.
  void close_through(std::string_view element) {
    while (top() != element) close();
    close();
  }

  void text(std::string value) {
    if (value.empty()) return;
    // Between options there is only white space to be had.
    if (in_choice()) return;
    std::vector<Node>& siblings = open_.back().children;
    if (!siblings.empty() && siblings.back().is_text()) {
      siblings.back().text += value;
    } else {
      ++nodes_;
      siblings.push_back({{}, std::move(value), {}, {}});
    }
  }

  void end(std::string_view element) {
    if (!element.empty() && is_open(element)) close_through(element);
  }

  void start(Token token) {
    const std::string element(allowed_name(token.name, allowed_));
    if (element.empty()) {
      removed_.push_back("<" + token.name + ">");
      return;
    }
    // In a choice a browser ignores what is no choice, unless it is another field.
    if ((in_choice() || top() == "option") && contains(kIgnoredInChoice, element)) {
      removed_.push_back("<" + element + "> inside <" + top() + ">");
      return;
    }
    make_room_for(element);
    if ((element == "option" || element == "optgroup") && !in_choice()) {
      removed_.push_back("<" + element + "> outside <select>");
      return;
    }
    ++nodes_;
    open_.push_back({element, {}, std::move(token.attributes), {}});
    if (element == "input" || element == "br") close();
  }

  // Ends what cannot hold `element`, as a browser does.
  void make_room_for(std::string_view element) {
    if (top() == "option") close();
    if (element == "option") return;
    if (top() == "optgroup") close();
    if (element == "optgroup") return;
    // Nothing but options inside a choice; the text of a textarea is one token.
    if (in_choice()) close();
    if (element == "p" && is_open("p")) close_through("p");
    if (element == "label" && is_open("label")) close_through("label");
    if (element == "legend" && is_open("legend")) close_through("legend");
    // A set of fields in the middle of a line ends the line.
    if (element == "fieldset") {
      while (open_.size() > 1 && top() != "fieldset") close();
    }
  }

  Allowed allowed_;
  std::size_t max_depth_;
  std::size_t max_nodes_;
  std::size_t nodes_ = 0;
  std::vector<Node> open_;  ///< the path to where we are; the root first
  std::vector<std::string> removed_;
};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\\':
        out += "&#92;";
        break;
      case '@':
        out += "&#64;";
        break;
      case '\t':
        out += "&#9;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += c;
    }
  }
}

void append_html(std::string& out, const Node& node) {
  if (node.is_text()) {
    append_escaped(out, node.text);
    return;
  }
  const bool root = node.element == "#root";
  if (!root) {
    out += '<';
    out += node.element;
    for (const Attribute& attribute : node.attributes) {
      out += ' ';
      out += attribute.name;
      out += "=\"";
      append_escaped(out, attribute.value);
      out += '"';
    }
    out += '>';
  }
  for (const Node& child : node.children) append_html(out, child);
  if (!root && node.element != "input" && node.element != "br") out += "</" + node.element + ">";
}

}  // namespace

const std::string* Node::attribute(std::string_view name) const {
  for (const Attribute& candidate : attributes) {
    if (candidate.name == name) return &candidate.value;
  }
  return nullptr;
}

Result<Tree> build_tree(std::string_view html, Allowed allowed, std::size_t max_depth,
                        std::size_t max_nodes) {
  return Builder(allowed, max_depth, max_nodes).run(tokenize_html(html));
}

std::string canonical_html(const Node& root) {
  std::string out;
  append_html(out, root);
  return out;
}

std::string collapse_space(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
    if (!space) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace om::catalogue
