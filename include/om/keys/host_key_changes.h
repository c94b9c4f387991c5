// SPDX-License-Identifier: MIT
//
// What can be done to known_hosts through the HostKeyBook, and what came of it. Values.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "om/base/result.h"
#include "om/keys/known_hosts.h"
#include "om/ssh/host_keys.h"

namespace om::keys {

/// A key that somebody takes for the right one.
struct KeyToAccept {
  std::string name;  ///< as known_hosts has it
  ssh::HostKey key;
  /// Of the key that it replaces, as they were shown it; empty for a name without a key. A name
  /// that has another one by now is refused.
  std::string known_fingerprint;
};
struct KeyAccepted {
  /// "hostkey.revoked", "hostkey.pattern", "hostkey.moved_on", "hostkey.twice", "hostkey.name".
  std::optional<Error> refused;
  std::vector<std::string> old_fingerprints;  ///< of the keys it took the place of
  /// How things stood before, where it was refused.
  ssh::HostKeyVerdict verdict = ssh::HostKeyVerdict::unknown;
  std::string known_fingerprint;
};

struct KeyOfName {
  std::string name;
  ssh::HostKey key;
};

enum class AfterRemoval {
  nothing,  ///< the key is new when it is shown again
  revoke,   ///< it is marked @revoked for the name
};

struct KeysImported {
  std::vector<KnownHosts::Entry> added;  ///< their lines are those of the text
  std::vector<std::string> added_names;  ///< of each, as written
  std::size_t unchanged = 0;             ///< were there already
  std::vector<KnownHosts::Problem> problems;
};

struct ListedHostKey {
  std::size_t line = 0;
  KnownHosts::Marker marker = KnownHosts::Marker::none;
  std::string names;  ///< as written
  std::string algorithm;
  std::string fingerprint;
  bool hashed = false;
};
struct HostKeyListing {
  std::vector<ListedHostKey> keys;
  std::size_t total = 0;  ///< with those that are not on this page
  std::vector<KnownHosts::Problem> problems;
};

/// Called once, with what is about to be written, before it is: what fails here keeps the file as
/// it is. For the audit.
template <class Outcome>
using BeforeWrite = std::function<Result<void>(const Outcome&)>;

}  // namespace om::keys
