// SPDX-License-Identifier: MIT
//
// The index over the lines.
#include "om/keys/known_hosts.h"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "keys/known_hosts_line.h"
#include "keys/name_hash.h"

#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::keys {
namespace {

/// An IPv6 address in its one form, as ssh looks it up, whatever way it was written; other names as
/// they are.
std::string canonical_address(std::string name) {
  const std::size_t end = std::min(name.find('%'), name.size());
  in6_addr address{};
  if (::inet_pton(AF_INET6, name.substr(0, end).c_str(), &address) != 1) return name;
  char written[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &address, written, sizeof written);
  return written + name.substr(end);
}

}  // namespace

struct KnownHosts::Hashed {
  NameHash hash;
  std::size_t entry;
};

KnownHosts::KnownHosts() = default;
KnownHosts::KnownHosts(KnownHosts&&) noexcept = default;
KnownHosts& KnownHosts::operator=(KnownHosts&&) noexcept = default;
KnownHosts::~KnownHosts() = default;

std::string KnownHosts::display_name(std::string_view host, std::uint16_t port) {
  const std::string name = canonical_address(text::lower_ascii(host));
  return port == 22 ? name : "[" + name + "]:" + std::to_string(port);
}

std::string KnownHosts::normal_name(std::string_view name) {
  if (is_hashed(name)) return std::string(name);
  const std::string host = without_port(name);
  if (host.empty()) return display_name(name, 22);
  const auto port = text::parse_int(name.substr(name.rfind(':') + 1));
  return display_name(host, static_cast<std::uint16_t>(port.value_or(0)));
}

std::string KnownHosts::without_port(std::string_view name) {
  const std::size_t end = name.rfind("]:");
  if (!name.starts_with('[') || end == std::string_view::npos) return {};
  const auto port = text::parse_int(name.substr(end + 2));
  if (!port || *port < 1 || *port > 65535) return {};
  return std::string(name.substr(1, end - 1));
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
    hosts.parse_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return hosts;
}

void KnownHosts::parse_line(std::string_view text) {
  ReadLine read = read_known_hosts_line(text);
  if (!read.problem.empty()) problems_.push_back({line_count_, std::move(read.problem)});
  if (!read.line) return;
  KnownHostsLine& line = *read.line;
  const std::size_t entry = entries_.size();
  if (is_hashed(line.names)) {
    const HashedName hashed = *parse_hashed(line.names);
    hashed_.push_back({NameHash(hashed.salt, hashed.digest), entry});
  } else if (has_pattern(line.names)) {
    patterns_.push_back({text::lower_ascii(line.names), entry});
  } else {
    for (const std::string_view name : text::split(line.names, ',')) {
      auto& places = plain_[text::lower_ascii(name)];
      if (places.empty() || places.back() != entry) places.push_back(entry);
    }
  }
  entries_.push_back({line_count_, line.marker, std::move(line.algorithm), std::move(line.blob)});
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
    if (hashed.hash.matches(name)) places.push_back(hashed.entry);
  }
  std::sort(places.begin(), places.end());
  std::vector<const Entry*> entries;
  for (const std::size_t place : places) entries.push_back(&entries_[place]);
  return found_.emplace(name, std::move(entries)).first->second;
}

}  // namespace om::keys
