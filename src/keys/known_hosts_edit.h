// SPDX-License-Identifier: MIT
//
// KnownHostsEdit: changes to the text of a known_hosts file. Touches the lines it has to and leaves
// every other byte as it is: comments, order, other names of the same line. Lines of patterns,
// @revoked and @cert-authority are somebody's policy and never touched. Pure; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "om/keys/host_key_changes.h"
#include "om/keys/known_hosts.h"

namespace om::keys {

class KnownHostsEdit {
 public:
  /// `path` is for messages.
  KnownHostsEdit(std::string text, std::string path);

  /// An outcome for each key, in order.
  std::vector<KeyAccepted> accept(const std::vector<KeyToAccept>& keys);
  /// Takes every key of each name away; what was taken. A hash, as it stands in the file, is a
  /// name.
  std::vector<KeyOfName> forget(const std::vector<std::string>& names);
  /// Takes just these away; those that were there.
  std::vector<KeyOfName> remove(const std::vector<KeyOfName>& keys);
  /// Marks them as revoked for their names, where they are not yet.
  void revoke(const std::vector<KeyOfName>& keys);
  /// Adds the lines of another file that are not here yet. A line that gives a name another key of
  /// the same type than it has is a problem.
  KeysImported import(std::string_view text);
  void append_line(std::string_view line);

  bool is_changed() const { return !edits_.empty() || !appended_.empty(); }
  std::string text() const;

 private:
  using Entries = std::vector<const KnownHosts::Entry*>;
  struct Line {
    std::size_t begin = 0;
    std::size_t size = 0;  ///< with its line feed
  };

  std::string_view line(std::size_t number) const;
  /// The names of the entry's line without `name`.
  std::string names_without(const KnownHosts::Entry& entry, const std::string& name) const;
  void take_out(const KnownHosts::Entry& entry, const std::string& name);
  void accept_for(const std::string& name, const std::vector<KeyToAccept>& keys,
                  const std::vector<std::size_t>& which, std::vector<KeyAccepted>& outcomes);
  void forget_hash(const std::string& hash, std::vector<KeyOfName>& removed);
  std::string place(std::size_t line) const { return path_ + ":" + std::to_string(line); }

  std::string text_;
  std::string path_;
  std::vector<Line> lines_;
  KnownHosts index_;                                    // of the text as it was
  std::unordered_map<std::size_t, std::string> edits_;  ///< by line number; empty: it goes
  std::string appended_;
};

/// The entries of a file for people: those whose text has `filter` in it, from the line after
/// `after`.
HostKeyListing list_known_hosts(std::string_view text, std::string_view filter, std::size_t after,
                                std::size_t limit);

}  // namespace om::keys
