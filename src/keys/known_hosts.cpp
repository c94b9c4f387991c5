// SPDX-License-Identifier: MIT
//
// Reading lines, and matching as OpenSSH's hostfile.c and match.c do.
#include "om/keys/known_hosts.h"

#include <algorithm>
#include <optional>

#include "om/base/crypto.h"
#include "om/base/text.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

constexpr std::string_view kBlanks = " \t";
/// As in OpenSSH's match_pattern_list().
constexpr std::size_t kLongestName = 1022;

/// Cuts the next word off the front.
std::string_view next_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    line = {};
    return {};
  }
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

/// Shell-like: * for anything, ? for one character. Linear in the product of the lengths at worst.
bool matches_pattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*') {
      ++n;
      ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// A comma list of patterns: at least one matches, and none of the negated ones.
bool matches_list(std::string_view name, std::string_view list) {
  bool positive = false;
  for (std::string_view pattern : text::split(list, ',')) {
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!matches_pattern(name, pattern)) continue;
    if (negated) return false;
    positive = true;
  }
  return positive;
}

/// "|1|salt|digest"
struct HashedName {
  std::string salt;
  std::string digest;
};
std::optional<HashedName> parse_hashed(std::string_view word) {
  const auto parts = text::split(word, '|');
  if (parts.size() != 4 || parts[1] != "1") return std::nullopt;
  auto salt = crypto::from_base64(parts[2]);
  auto digest = crypto::from_base64(parts[3]);
  if (!salt || !digest || salt->size() != 20 || digest->size() != 20) return std::nullopt;
  return HashedName{*std::move(salt), *std::move(digest)};
}

bool has_wildcard(std::string_view names) {
  return names.find_first_of("*?!") != std::string_view::npos;
}

/// The words in front of the key; nothing for a line that names no host.
struct Head {
  KnownHosts::Marker marker = KnownHosts::Marker::none;
  std::string_view names;
  std::string_view rest;
  bool bad_marker = false;
};
std::optional<Head> parse_head(std::string_view line) {
  Head head;
  std::string_view word = next_word(line);
  if (word.empty() || word.front() == '#') return std::nullopt;
  if (word.front() == '@') {
    if (word == "@revoked") {
      head.marker = KnownHosts::Marker::revoked;
    } else if (word == "@cert-authority") {
      head.marker = KnownHosts::Marker::cert_authority;
    } else {
      head.bad_marker = true;
    }
    word = next_word(line);
  }
  head.names = word;
  head.rest = line;
  return head;
}

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string KnownHosts::display_name(std::string_view host, std::uint16_t port) {
  const std::string name = text::lower_ascii(host);
  return port == 22 ? name : "[" + name + "]:" + std::to_string(port);
}

std::string KnownHosts::format_line(std::string_view name, std::string_view algorithm,
                                    std::string_view blob) {
  return std::string(name) + " " + std::string(algorithm) + " " + crypto::base64(blob) + "\n";
}

KnownHosts KnownHosts::parse(std::string_view text) {
  KnownHosts hosts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ++hosts.line_count_;
    hosts.parse_line(without_line_end(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return hosts;
}

void KnownHosts::parse_line(std::string_view line) {
  const auto complain = [this](std::string what) {
    problems_.push_back({line_count_, std::move(what)});
  };
  const auto head = parse_head(line);
  if (!head) return;
  if (head->bad_marker) return complain("unknown marker; @revoked and @cert-authority exist");
  std::string_view rest = head->rest;
  const std::string_view type = next_word(rest);
  const std::string_view packed = next_word(rest);
  if (packed.empty()) return complain("a name, a key type and a key were expected");
  auto blob = crypto::from_base64(packed);
  if (!blob) return complain("the key is not base64");
  if (ssh::WireReader(*blob).string() != type) return complain("the key is not of the type named");

  const auto names = text::split(head->names, ',');
  if (std::any_of(names.begin(), names.end(),
                  [](std::string_view name) { return name.size() > kLongestName; })) {
    return complain("a name is too long: OpenSSH ignores the line");
  }

  const std::size_t entry = entries_.size();
  if (head->names.front() == '|') {
    auto hashed = parse_hashed(head->names);
    if (!hashed) return complain("the hashed name is damaged");
    hashed_.push_back({std::move(hashed->salt), std::move(hashed->digest), entry});
  } else if (has_wildcard(head->names)) {
    patterns_.push_back({text::lower_ascii(head->names), entry});
  } else {
    for (const std::string_view name : names) {
      auto& places = plain_[text::lower_ascii(name)];
      if (places.empty() || places.back() != entry) places.push_back(entry);
    }
  }
  entries_.push_back({line_count_, head->marker, std::string(type), *std::move(blob)});
}

void KnownHosts::add(const std::string& name, std::string algorithm, std::string blob,
                     std::size_t line) {
  plain_[name].push_back(entries_.size());
  entries_.push_back({line, Marker::none, std::move(algorithm), std::move(blob)});
  found_.erase(name);
  line_count_ = std::max(line_count_, line);
}

const std::vector<const KnownHosts::Entry*>& KnownHosts::find(const std::string& name) {
  const auto known = found_.find(name);
  if (known != found_.end()) return known->second;
  std::vector<std::size_t> places;
  if (const auto plain = plain_.find(name); plain != plain_.end()) places = plain->second;
  for (const Patterns& patterns : patterns_) {
    if (matches_list(name, patterns.list)) places.push_back(patterns.entry);
  }
  // Each hashed name has a salt of its own: there is no way but to try them all, once per name.
  for (const Hashed& hashed : hashed_) {
    if (crypto::hmac_sha1(hashed.salt, name) == hashed.digest) places.push_back(hashed.entry);
  }
  std::sort(places.begin(), places.end());
  std::vector<const Entry*> entries;
  for (const std::size_t place : places) entries.push_back(&entries_[place]);
  return found_.emplace(name, std::move(entries)).first->second;
}

bool KnownHosts::line_names(std::string_view line, const std::string& name) {
  const auto head = parse_head(without_line_end(line));
  if (!head || head->names.empty() || head->bad_marker || head->marker != Marker::none)
    return false;
  if (head->names.front() == '|') {
    const auto hashed = parse_hashed(head->names);
    return hashed && crypto::hmac_sha1(hashed->salt, name) == hashed->digest;
  }
  return matches_list(name, text::lower_ascii(head->names));
}

}  // namespace om::keys
