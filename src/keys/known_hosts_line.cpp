// SPDX-License-Identifier: MIT
//
// A line's words, and the matching of names.
#include "keys/known_hosts_line.h"

#include <algorithm>
#include <vector>

#include "keys/host_key_blob.h"
#include "keys/name_hash.h"

#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::keys {
namespace {

constexpr std::string_view kBlanks = " \t";
/// As in OpenSSH's match_pattern_list(): a list with a longer part matches nothing.
constexpr std::size_t kLongestName = 1022;
constexpr std::size_t kLongestMarker = 31;
constexpr std::size_t kHashBytes = 20;

void skip_blanks(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
}

/// Cuts the next word off the front.
std::string_view next_word(std::string_view& line) {
  skip_blanks(line);
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

/// Cuts a marker off the front; nothing for one that OpenSSH refuses. It ends at the first space of
/// the whole line, and at a tab only where the line has no space.
std::optional<KnownHosts::Marker> take_marker(std::string_view& line) {
  if (!line.starts_with('@')) return KnownHosts::Marker::none;
  std::size_t end = line.find(' ');
  if (end == std::string_view::npos) end = line.find('\t');
  if (end == std::string_view::npos || end > kLongestMarker) return std::nullopt;
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  skip_blanks(line);
  if (line.starts_with('@')) return std::nullopt;  // only one
  if (word == "@revoked") return KnownHosts::Marker::revoked;
  if (word == "@cert-authority") return KnownHosts::Marker::cert_authority;
  return std::nullopt;
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

/// The name without the mark of negation.
std::string_view bare(std::string_view part) {
  if (part.starts_with('!')) part.remove_prefix(1);
  return part;
}

bool has_endless_part(std::string_view list) {
  const auto parts = text::split(list, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [](std::string_view part) { return bare(part).size() > kLongestName; });
}

ReadLine problem(std::string what) { return {std::nullopt, std::move(what)}; }

}  // namespace

ReadLine read_known_hosts_line(std::string_view line) {
  const std::size_t nul = line.find('\0');
  const bool is_cut = nul != std::string_view::npos;
  const std::string_view behind = is_cut ? line.substr(nul + 1) : std::string_view();
  line = line.substr(0, nul);
  skip_blanks(line);
  const std::size_t content = line.find_last_not_of(" \t\r");
  if (content == std::string_view::npos || line.front() == '#') {
    return is_cut ? problem("a NUL byte: OpenSSH reads no further") : ReadLine{};
  }

  const auto marker = take_marker(line);
  if (!marker) {
    return problem(
        "the marker is not @revoked or @cert-authority with a space behind it: OpenSSH ignores the "
        "line");
  }
  const std::string_view names = next_word(line);
  // OpenSSH before 10.1 took a NUL for the blank that ends the names, and went on behind it. So do
  // we: that a key on file would not count is the worse of the two.
  if (line.empty() && is_cut) line = behind.substr(0, behind.find('\0'));
  const std::string_view type = next_word(line);
  const std::string_view packed = next_word(line);
  if (packed.empty()) {
    return problem(is_cut ? "a NUL byte: OpenSSH reads no further"
                          : "a name, a key type and a key were expected");
  }
  Result<HostKeyBlob> key = read_host_key_blob(type, packed);
  if (!key) return problem(key.error().message);
  if (is_hashed(names)) {
    if (!parse_hashed(names)) return problem("the hashed name is damaged");
  } else if (has_endless_part(names)) {
    return problem("a name is longer than 1022 bytes: OpenSSH ignores the line");
  }
  return {KnownHostsLine{*marker, names, std::move(key->algorithm), std::move(key->blob)}, {}};
}

bool is_hashed(std::string_view names) { return names.starts_with('|'); }

std::optional<HashedName> parse_hashed(std::string_view names) {
  const auto parts = text::split(names, '|');
  if (parts.size() != 4 || parts[1] != "1") return std::nullopt;
  auto salt = crypto::from_base64(parts[2]);
  auto digest = crypto::from_base64(parts[3]);
  if (!salt || !digest || salt->size() != kHashBytes || digest->size() != kHashBytes) {
    return std::nullopt;
  }
  // OpenSSH compares the text, so there is one way to write it.
  if (parts[2] != crypto::base64(*salt) || parts[3] != crypto::base64(*digest)) return std::nullopt;
  return HashedName{*std::move(salt), *std::move(digest)};
}

bool has_pattern(std::string_view names) {
  return names.find_first_of("*?!") != std::string_view::npos;
}

bool matches_list(std::string_view name, std::string_view list) {
  bool positive = false;
  for (const std::string_view part : text::split(list, ',')) {
    if (!matches_pattern(name, bare(part))) continue;
    if (part.starts_with('!')) return false;
    positive = true;
  }
  return positive;
}

std::string without_name(std::string_view names, const std::string& name) {
  if (is_hashed(names)) {
    const auto hashed = parse_hashed(names);
    const bool is_it = hashed && NameHash(hashed->salt, hashed->digest).matches(name);
    return is_it ? std::string() : std::string(names);
  }
  std::vector<std::string> kept;
  for (const std::string_view part : text::split(names, ',')) {
    if (text::lower_ascii(part) != name) kept.emplace_back(part);
  }
  return text::join(kept, ",");
}

}  // namespace om::keys
