// SPDX-License-Identifier: MIT
//
// KnownHosts: the contents of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"), indexed.
// Matches as OpenSSH does: plain names, comma lists, [host]:port, wildcards, negation, hashed
// names,
// @revoked, @cert-authority; lines of any length; a bad line is reported and skipped, never the end
// of the file (docs/host-keys.md has the table). Pure; a value for one thread at a time (looking up
// remembers what it found).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace om::keys {

class KnownHosts {
 public:
  enum class Marker { none, revoked, cert_authority };
  struct Entry {
    std::size_t line = 0;  ///< from 1
    Marker marker = Marker::none;
    std::string algorithm;
    std::string blob;
  };
  struct Problem {
    std::size_t line = 0;
    std::string what;
  };

  KnownHosts();
  KnownHosts(KnownHosts&&) noexcept;
  KnownHosts& operator=(KnownHosts&&) noexcept;
  ~KnownHosts();
  static KnownHosts parse(std::string_view text);

  /// The entries for a name as display_name() writes it, in file order. Valid until the next call
  /// that changes something.
  const std::vector<const Entry*>& find(const std::string& name);
  /// Adds a plain line's worth; `line` is where it stands or will stand.
  void add(const std::string& name, std::string algorithm, std::string blob, std::size_t line);
  const std::vector<Problem>& problems() const { return problems_; }
  std::size_t line_count() const { return line_count_; }

  /// "web3" for port 22, "[web3]:2222" else; lower case and IPv6 in its shortest form, as ssh looks
  /// it up.
  static std::string display_name(std::string_view host, std::uint16_t port);
  /// The same from a name as people write it: "Web3", "[Web3]:2222", "[web3]:22".
  static std::string normal_name(std::string_view name);
  /// "web3" of "[web3]:2222"; empty for a name without a port.
  static std::string without_port(std::string_view name);
  /// "web3 ssh-ed25519 AAAA...\n"
  static std::string format_line(std::string_view name, std::string_view algorithm,
                                 std::string_view blob);

 private:
  /// Which entry a hashed name or a pattern list stands for.
  struct Hashed;
  struct Patterns {
    std::string list;
    std::size_t entry;
  };

  void parse_line(std::string_view line);

  std::deque<Entry> entries_;  // its addresses stay
  std::unordered_map<std::string, std::vector<std::size_t>> plain_;
  std::vector<Hashed> hashed_;
  std::vector<Patterns> patterns_;
  std::unordered_map<std::string, std::vector<const Entry*>> found_;  ///< answers so far
  std::vector<Problem> problems_;
  std::size_t line_count_ = 0;
};

}  // namespace om::keys
