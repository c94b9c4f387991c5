// SPDX-License-Identifier: MIT
//
// One line of a known_hosts file: read, matched and edited as OpenSSH's hostfile.c and match.c do
// it. Pure functions over the caller's bytes, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "om/keys/known_hosts.h"

namespace om::keys {

struct KnownHostsLine {
  KnownHosts::Marker marker = KnownHosts::Marker::none;
  std::string_view names;  ///< as written, into the line
  std::string algorithm;
  std::string blob;
};
/// Neither: an empty line or a comment.
struct ReadLine {
  std::optional<KnownHostsLine> line;
  std::string problem;
};
/// `line` is without its line feed; OpenSSH reads it up to the first NUL that is not behind a name.
ReadLine read_known_hosts_line(std::string_view line);

/// "|1|salt|digest"
struct HashedName {
  std::string salt;
  std::string digest;
};
bool is_hashed(std::string_view names);
std::optional<HashedName> parse_hashed(std::string_view names);

/// True when the list has to be matched, not looked up.
bool has_pattern(std::string_view names);
/// Whether a comma list, not hashed, stands for `name`, which is in lower case.
bool matches_list(std::string_view name, std::string_view list);
/// The list without the parts that are `name` itself, in whatever case, or its hash.
std::string without_name(std::string_view names, const std::string& name);

}  // namespace om::keys
