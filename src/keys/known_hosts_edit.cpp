// SPDX-License-Identifier: MIT
#include "keys/known_hosts_edit.h"

#include <algorithm>
#include <map>
#include <set>

#include "keys/host_key_judgement.h"
#include "keys/known_hosts_line.h"

#include "om/base/text.h"
#include "om/keys/private_key.h"

namespace om::keys {
namespace {

using ssh::HostKeyVerdict;
using Marker = KnownHosts::Marker;

std::string_view without_line_feed(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

/// Whether a list still stands for anything.
bool has_positive_part(std::string_view names) {
  const auto parts = text::split(names, ',');
  return std::any_of(parts.begin(), parts.end(),
                     [](std::string_view part) { return !part.empty() && !part.starts_with('!'); });
}

/// A name that known_hosts can hold and that stands for one host only.
bool can_be_written(std::string_view name) {
  return !name.empty() && !name.starts_with('|') && !name.starts_with('@') &&
         !name.starts_with('#') && std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= ' ' || byte == 0x7f || c == ',' || c == '*' || c == '?' || c == '!';
         });
}

Error refusal(std::string_view reason, std::string message) {
  return fail(Errc::conflict, reason, std::move(message));
}

}  // namespace

KnownHostsEdit::KnownHostsEdit(std::string text, std::string path)
    : text_(std::move(text)), path_(std::move(path)), index_(KnownHosts::parse(text_)) {
  for (std::size_t begin = 0; begin < text_.size();) {
    const std::size_t end = std::min(text_.find('\n', begin), text_.size() - 1) + 1;
    lines_.push_back({begin, end - begin});
    begin = end;
  }
}

std::string_view KnownHostsEdit::line(std::size_t number) const {
  if (const auto edit = edits_.find(number); edit != edits_.end()) return edit->second;
  const Line& place = lines_[number - 1];
  return std::string_view(text_).substr(place.begin, place.size);
}

std::string KnownHostsEdit::names_without(const KnownHosts::Entry& entry,
                                          const std::string& name) const {
  const ReadLine read = read_known_hosts_line(without_line_feed(line(entry.line)));
  return read.line ? without_name(read.line->names, name) : std::string();
}

void KnownHostsEdit::take_out(const KnownHosts::Entry& entry, const std::string& name) {
  const std::string old(line(entry.line));
  const ReadLine read = read_known_hosts_line(without_line_feed(old));
  if (!read.line) return;  // taken out already
  const std::string kept = without_name(read.line->names, name);
  if (kept == read.line->names) return;
  std::string changed;
  if (has_positive_part(kept)) {
    const auto begin = static_cast<std::size_t>(read.line->names.data() - old.data());
    changed = old.substr(0, begin) + kept + old.substr(begin + read.line->names.size());
  }
  edits_[entry.line] = std::move(changed);
}

void KnownHostsEdit::append_line(std::string_view line) {
  appended_ += line;
  if (!line.ends_with('\n')) appended_ += '\n';
}

std::string KnownHostsEdit::text() const {
  std::string all;
  for (std::size_t number = 1; number <= lines_.size(); ++number) all += line(number);
  if (!all.empty() && !all.ends_with('\n') && !appended_.empty()) all += '\n';
  return all + appended_;
}

std::vector<KeyAccepted> KnownHostsEdit::accept(const std::vector<KeyToAccept>& keys) {
  std::vector<KeyAccepted> outcomes(keys.size());
  std::map<std::string, std::vector<std::size_t>> by_name;
  for (std::size_t i = 0; i < keys.size(); ++i) by_name[keys[i].name].push_back(i);
  for (const auto& [name, which] : by_name) accept_for(name, keys, which, outcomes);
  return outcomes;
}

void KnownHostsEdit::accept_for(const std::string& name, const std::vector<KeyToAccept>& keys,
                                const std::vector<std::size_t>& which,
                                std::vector<KeyAccepted>& outcomes) {
  const Entries& on_file = index_.find(name);
  const std::string bare = KnownHosts::without_port(name);
  // A host may have a key of each type; they come together, and none replaces another.
  const auto is_wanted = [&](const std::string& blob) {
    return std::any_of(which.begin(), which.end(),
                       [&](std::size_t i) { return keys[i].key.blob == blob; });
  };
  const auto has_rival = [&](std::size_t i) {
    return std::any_of(which.begin(), which.end(), [&](std::size_t other) {
      return keys[other].key.algorithm == keys[i].key.algorithm &&
             keys[other].key.blob != keys[i].key.blob;
    });
  };
  Entries replaced;
  const KnownHosts::Entry* stays = nullptr;
  for (const KnownHosts::Entry* entry : on_file) {
    if (entry->marker != Marker::none || is_wanted(entry->blob)) continue;
    replaced.push_back(entry);
    const std::string kept = names_without(*entry, name);
    if (!is_hashed(kept) && matches_list(name, text::lower_ascii(kept))) stays = entry;
  }
  const auto was_shown = [&](const std::string& fingerprint) {
    return std::any_of(on_file.begin(), on_file.end(), [&](const KnownHosts::Entry* entry) {
      return entry->marker == Marker::none && fingerprint_of(entry->blob) == fingerprint;
    });
  };

  for (const std::size_t i : which) {
    const KeyToAccept& wanted = keys[i];
    KeyAccepted& outcome = outcomes[i];
    const HostKeyJudgement now = judge_host_key(index_, name, bare, wanted.key);
    outcome.verdict = now.verdict;
    if (now.verdict == HostKeyVerdict::changed) {
      outcome.known_fingerprint = fingerprint_of(now.entry->blob);
    }
    if (!can_be_written(name)) {
      outcome.refused = refusal("hostkey.name", "'" + name + "' cannot be a name in known_hosts");
    } else if (now.verdict == HostKeyVerdict::revoked) {
      outcome.refused =
          refusal("hostkey.revoked", "the key " + fingerprint_of(wanted.key.blob) + " of " + name +
                                         " is marked as revoked (" + place(now.entry->line) +
                                         "); give the host a new key");
    } else if (has_rival(i)) {
      outcome.refused =
          refusal("hostkey.twice", "two " + wanted.key.algorithm + " keys of " + name +
                                       " were chosen: accept the one that the host has");
    } else if (now.verdict == HostKeyVerdict::ok) {
      continue;
    } else if (now.verdict == HostKeyVerdict::changed && !was_shown(wanted.known_fingerprint)) {
      outcome.refused = refusal(
          "hostkey.moved_on",
          name + " has got another key since this one was seen: " + outcome.known_fingerprint +
              " (" + place(now.entry->line) + "); look at both and decide again");
    } else if (now.verdict == HostKeyVerdict::changed && stays != nullptr) {
      outcome.refused = refusal(
          "hostkey.pattern",
          "the old key of " + name + ", " + fingerprint_of(stays->blob) +
              ", is on file for several " + "hosts (" + place(stays->line) +
              "): change that line first, or the old key would go on being taken for " + name);
    } else {
      if (now.verdict == HostKeyVerdict::changed) {
        for (const KnownHosts::Entry* entry : replaced) {
          outcome.old_fingerprints.push_back(fingerprint_of(entry->blob));
          take_out(*entry, name);
        }
      }
      append_line(KnownHosts::format_line(name, wanted.key.algorithm, wanted.key.blob));
    }
  }
}

std::vector<KeyOfName> KnownHostsEdit::forget(const std::vector<std::string>& names) {
  std::vector<KeyOfName> removed;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    if (is_hashed(name)) forget_hash(name, removed);
    for (const KnownHosts::Entry* entry : index_.find(name)) {
      if (entry->marker != Marker::none) continue;
      const auto read = read_known_hosts_line(without_line_feed(line(entry->line)));
      if (!read.line || names_without(*entry, name) == read.line->names) continue;
      take_out(*entry, name);
      removed.push_back({name, {entry->algorithm, entry->blob}});
    }
  }
  return removed;
}

void KnownHostsEdit::forget_hash(const std::string& hash, std::vector<KeyOfName>& removed) {
  for (std::size_t number = 1; number <= lines_.size(); ++number) {
    if (line(number).find(hash) == std::string_view::npos) continue;
    ReadLine read = read_known_hosts_line(without_line_feed(line(number)));
    if (!read.line || read.line->marker != Marker::none || read.line->names != hash) continue;
    removed.push_back({hash, {std::move(read.line->algorithm), std::move(read.line->blob)}});
    edits_[number] = {};
  }
}

std::vector<KeyOfName> KnownHostsEdit::remove(const std::vector<KeyOfName>& keys) {
  std::vector<KeyOfName> removed;
  for (const KeyOfName& key : keys) {
    bool was_there = false;
    for (const KnownHosts::Entry* entry : index_.find(key.name)) {
      if (entry->marker != Marker::none || entry->blob != key.key.blob) continue;
      const std::size_t edits = edits_.size();
      take_out(*entry, key.name);
      was_there = was_there || edits_.size() != edits;
    }
    if (was_there) removed.push_back(key);
  }
  return removed;
}

void KnownHostsEdit::revoke(const std::vector<KeyOfName>& keys) {
  for (const KeyOfName& key : keys) {
    const Entries& entries = index_.find(key.name);
    const bool is_revoked =
        std::any_of(entries.begin(), entries.end(), [&key](const KnownHosts::Entry* entry) {
          return entry->marker == Marker::revoked && entry->blob == key.key.blob;
        });
    if (is_revoked || !can_be_written(key.name)) continue;
    append_line("@revoked " + KnownHosts::format_line(key.name, key.key.algorithm, key.key.blob));
  }
}

KeysImported KnownHostsEdit::import(std::string_view text) {
  const auto identity = [](const KnownHostsLine& line) {
    return std::to_string(static_cast<int>(line.marker)) + " " +
           (is_hashed(line.names) ? std::string(line.names) : text::lower_ascii(line.names)) + " " +
           line.blob;
  };
  std::set<std::string> present;
  for (std::size_t number = 1; number <= lines_.size(); ++number) {
    const ReadLine read = read_known_hosts_line(without_line_feed(line(number)));
    if (read.line) present.insert(identity(*read.line));
  }
  KeysImported imported;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view whole = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto complain = [&imported, number](std::string what) {
      imported.problems.push_back({number, std::move(what)});
    };
    const ReadLine read = read_known_hosts_line(whole);
    if (!read.line) {
      if (!read.problem.empty()) complain(read.problem);
      continue;
    }
    if (!present.insert(identity(*read.line)).second) {
      ++imported.unchanged;
      continue;
    }
    const KnownHosts::Entry* rival = nullptr;
    std::string rival_name;
    bool is_known = true;  // to every one of its names
    const bool is_plain = read.line->marker == Marker::none && !is_hashed(read.line->names) &&
                          !has_pattern(read.line->names);
    if (is_plain) {
      for (const std::string_view part : text::split(read.line->names, ',')) {
        const std::string name = text::lower_ascii(part);
        bool has_it = false;
        for (const KnownHosts::Entry* entry : index_.find(name)) {
          if (entry->marker != Marker::none) continue;
          if (entry->blob == read.line->blob) {
            has_it = true;
          } else if (entry->algorithm == read.line->algorithm) {
            rival = entry;
            rival_name = name;
          }
        }
        is_known = is_known && has_it;
      }
      if (is_known) {
        ++imported.unchanged;
        continue;
      }
    }
    if (rival != nullptr) {
      complain(rival_name + " has another " + read.line->algorithm + " key, " +
               fingerprint_of(rival->blob) + "; forget that one first if it is the wrong one");
      continue;
    }
    if (is_plain) {
      for (const std::string_view part : text::split(read.line->names, ',')) {
        index_.add(text::lower_ascii(part), read.line->algorithm, read.line->blob,
                   index_.line_count() + 1);
      }
    }
    imported.added.push_back({number, read.line->marker, read.line->algorithm, read.line->blob});
    imported.added_names.emplace_back(read.line->names);
    whole = whole.substr(0, whole.find('\0'));
    append_line(whole.substr(0, whole.find_last_not_of(" \t\r") + 1));
  }
  return imported;
}

HostKeyListing list_known_hosts(std::string_view text, std::string_view filter, std::size_t after,
                                std::size_t limit) {
  const std::string wanted = text::lower_ascii(filter);
  HostKeyListing listing;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const ReadLine read = read_known_hosts_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!read.problem.empty()) listing.problems.push_back({number, read.problem});
    if (!read.line) continue;
    const KnownHostsLine& line = *read.line;
    const bool is_shown = number > after && listing.keys.size() < limit;
    if (wanted.empty() && !is_shown) {
      ++listing.total;
      continue;
    }
    const std::string fingerprint = fingerprint_of(line.blob);
    if (!wanted.empty() && text::lower_ascii(line.names).find(wanted) == std::string::npos &&
        line.algorithm.find(wanted) == std::string::npos &&
        fingerprint.find(filter) == std::string::npos) {
      continue;
    }
    ++listing.total;
    if (!is_shown) continue;
    listing.keys.push_back({number, line.marker, std::string(line.names), line.algorithm,
                            fingerprint, is_hashed(line.names)});
  }
  return listing;
}

}  // namespace om::keys
