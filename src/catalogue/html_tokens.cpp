// SPDX-License-Identifier: MIT
#include "catalogue/html_tokens.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::catalogue {
namespace {

// An element keeps this many attributes; the allow-list knows fewer.
constexpr std::size_t kMaxAttributes = 40;

constexpr std::array<std::string_view, 16> kWithoutText = {
    "script",   "style", "xmp",  "iframe", "noembed", "noframes",  "noscript", "title",
    "template", "svg",   "math", "object", "head",    "plaintext", "audio",    "video"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kEntities = {{
    {"amp", "&"},
    {"lt", "<"},
    {"gt", ">"},
    {"quot", "\""},
    {"apos", "'"},
    {"nbsp", "\u00a0"},
    {"middot", "\u00b7"},
    {"times", "\u00d7"},
    {"copy", "\u00a9"},
    {"laquo", "\u00ab"},
    {"raquo", "\u00bb"},
    {"ndash", "\u2013"},
    {"mdash", "\u2014"},
    {"hellip", "\u2026"},
    {"ensp", "\u2002"},
    {"emsp", "\u2003"},
}};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_code_point(std::string& out, std::uint32_t code) {
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code == 0 || surrogate || code > 0x10ffff) code = 0xfffd;
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

// The reference that begins at text[at] == '&'; appends what it stands for and returns its length,
// or 0.
std::size_t decode_reference(std::string_view text, std::size_t at, std::string& out) {
  std::size_t end = at + 1;
  if (end < text.size() && text[end] == '#') {
    ++end;
    const bool hex = end < text.size() && (text[end] == 'x' || text[end] == 'X');
    if (hex) ++end;
    std::uint32_t code = 0;
    const std::size_t digits = end;
    for (; end < text.size(); ++end) {
      const int digit = hex ? hex_digit(text[end]) : is_digit(text[end]) ? text[end] - '0' : -1;
      if (digit < 0) break;
      // Stays out of range once it is: no overflow, however many digits come.
      if (code <= 0x10ffff) code = code * (hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
    }
    if (end == digits) return 0;
    if (end < text.size() && text[end] == ';') ++end;
    append_code_point(out, code);
    return end - at;
  }
  for (const auto& [name, value] : kEntities) {
    if (text.substr(end, name.size()) == name && text.substr(end + name.size(), 1) == ";") {
      out += value;
      return 1 + name.size() + 1;
    }
  }
  return 0;
}

// Line ends become line feeds; other control characters go, also those that were written as
// references. U+2028 and U+2029 end a line in a script, where the original page puts our text:
// spaces.
std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view three = text.substr(i, 3);
    if (c == '\r') {
      if (text.substr(i + 1, 1) != "\n") out += '\n';
    } else if (three == "\u2028" || three == "\u2029") {
      out += ' ';
      i += 2;
    } else if (c == '\t' || c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) {
      out += c;
    }
  }
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t used = text[i] == '&' ? decode_reference(text, i, out) : 0;
    if (used == 0) out += text[i];
    i += std::max<std::size_t>(used, 1);
  }
  return without_controls(out);
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view html) : html_(html) {}

  Tokens run() {
    while (at_ < html_.size()) {
      const std::size_t open = html_.find('<', at_);
      if (open == std::string_view::npos) {
        add_text(html_.substr(at_));
        break;
      }
      add_text(html_.substr(at_, open - at_));
      at_ = open;
      markup();
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < html_.size() ? html_[at_ + ahead] : '\0';
  }

  void add_text(std::string_view raw) {
    if (raw.empty()) return;
    std::string text = decoded(raw);
    if (!out_.tokens.empty() && out_.tokens.back().kind == Token::Kind::text) {
      out_.tokens.back().text += text;
    } else {
      out_.tokens.push_back({Token::Kind::text, {}, std::move(text), {}});
    }
  }

  // Skips to behind `end`, or to the end of the input.
  void skip_past(std::string_view end) {
    const std::size_t found = html_.find(end, at_);
    at_ = found == std::string_view::npos ? html_.size() : found + end.size();
  }

  void markup() {
    if (html_.substr(at_, 4) == "<!--") {
      at_ += 4;
      skip_past("-->");
    } else if (peek(1) == '!' || peek(1) == '?' || (peek(1) == '/' && !is_letter(peek(2)))) {
      skip_past(">");
    } else if (peek(1) == '/') {
      at_ += 2;
      std::string element = name();
      skip_past(">");
      out_.tokens.push_back({Token::Kind::end, std::move(element), {}, {}});
    } else if (is_letter(peek(1))) {
      at_ += 1;
      start_tag();
    } else {
      add_text("<");
      at_ += 1;
    }
  }

  std::string name() {
    const std::size_t begin = at_;
    while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>')
      ++at_;
    return text::lower_ascii(html_.substr(begin, at_ - begin));
  }

  void start_tag() {
    Token token{Token::Kind::start, name(), {}, {}};
    while (at_ < html_.size() && html_[at_] != '>') attribute(token.attributes);
    // A tag that never ends is not one (as in HTML: nothing of it is shown).
    if (at_ == html_.size()) return;
    ++at_;
    if (std::find(kWithoutText.begin(), kWithoutText.end(), token.name) != kWithoutText.end()) {
      out_.dropped.push_back("<" + token.name + ">");
      raw_text(token.name);
      return;
    }
    const bool textarea = token.name == "textarea";
    out_.tokens.push_back(std::move(token));
    if (!textarea) return;
    std::string_view inside = raw_text("textarea");
    if (inside.substr(0, 1) == "\n") inside.remove_prefix(1);
    // Also when empty: a text of its own, never merged with what follows.
    out_.tokens.push_back({Token::Kind::text, {}, decoded(inside), {}});
    out_.tokens.push_back({Token::Kind::end, "textarea", {}, {}});
  }

  void attribute(std::vector<Attribute>& attributes) {
    while (at_ < html_.size() && (is_space(html_[at_]) || html_[at_] == '/')) ++at_;
    const std::size_t begin = at_;
    while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>' &&
           (html_[at_] != '=' || at_ == begin)) {
      ++at_;
    }
    if (at_ == begin) return;
    Attribute found{text::lower_ascii(html_.substr(begin, at_ - begin)), {}};
    std::size_t after = at_;
    while (after < html_.size() && is_space(html_[after])) ++after;
    if (after < html_.size() && html_[after] == '=') {
      at_ = after + 1;
      found.value = attribute_value();
    }
    const bool known = std::any_of(attributes.begin(), attributes.end(),
                                   [&found](const Attribute& a) { return a.name == found.name; });
    if (!known && attributes.size() < kMaxAttributes) attributes.push_back(std::move(found));
  }

  std::string attribute_value() {
    while (at_ < html_.size() && is_space(html_[at_])) ++at_;
    if (at_ == html_.size()) return {};
    const char quote = html_[at_];
    std::size_t begin = at_;
    if (quote == '"' || quote == '\'') {
      begin = ++at_;
      at_ = std::min(html_.find(quote, at_), html_.size());
      std::string value = decoded(html_.substr(begin, at_ - begin));
      if (at_ < html_.size()) ++at_;
      return value;
    }
    while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '>') ++at_;
    return decoded(html_.substr(begin, at_ - begin));
  }

  // What is between here and the end tag of `element`, which is skipped too.
  std::string_view raw_text(std::string_view element) {
    const std::size_t begin = at_;
    for (std::size_t open = html_.find("</", at_); open != std::string_view::npos;
         open = html_.find("</", open + 2)) {
      const std::string_view tag = html_.substr(open + 2, element.size());
      const std::size_t after = open + 2 + element.size();
      if (text::lower_ascii(tag) != element) continue;
      if (after < html_.size() && !is_space(html_[after]) && html_[after] != '/' &&
          html_[after] != '>')
        continue;
      at_ = open;
      skip_past(">");
      return html_.substr(begin, open - begin);
    }
    at_ = html_.size();
    return html_.substr(begin);
  }

  std::string_view html_;
  std::size_t at_ = 0;
  Tokens out_;
};

}  // namespace

Tokens tokenize_html(std::string_view html) {
  const std::string valid = utf8::decode_lossy(html);
  return Tokenizer(valid).run();
}

}  // namespace om::catalogue
