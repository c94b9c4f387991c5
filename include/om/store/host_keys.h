// SPDX-License-Identifier: MIT
//
// Table host_key_seen: host keys that servers showed and that nobody has judged yet. known_hosts is
// the truth; this is the list to go through. Bounded, since servers fill it: kMostSeenHostKeys in
// all, kMostSeenKeysOfName for one name, the oldest go. Free functions on a connection of the
// store, in its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/store/store.h"

namespace om::store {

inline constexpr std::int64_t kMostSeenHostKeys = 20'000;
inline constexpr std::int64_t kMostSeenKeysOfName = 8;
/// A row's last_ms lags behind by up to this much: a key seen at every run is not written each
/// time.
inline constexpr std::int64_t kSeenAgainAfterMs = 60'000;

struct SeenHostKey {
  std::int64_t id = 0;
  std::string name;  ///< as known_hosts has it
  std::string algorithm;
  std::string blob;
  std::string fingerprint;
  std::string known_fingerprint;  ///< of the key on file, where it differs
  std::string verdict;            ///< "accepted", "unknown", "changed", "revoked", "only_ca"
  WallMs first_ms = 0;
  WallMs last_ms = 0;
};

/// Notes a key at `last_ms`; id and first_ms are given. True when it is new, or is judged otherwise
/// than before.
Result<bool> note_host_key(Transaction& transaction, const SeenHostKey& seen);
/// By id, from the one after `after`.
Result<std::vector<SeenHostKey>> list_seen_host_keys(Connection& connection, std::int64_t after,
                                                     std::int64_t limit);
Result<std::int64_t> count_seen_host_keys(Connection& connection);
/// Those that are there, by id.
Result<std::vector<SeenHostKey>> find_seen_host_keys(Connection& connection,
                                                     const std::vector<std::int64_t>& ids);
/// Numbers that are not there are none's fault: somebody else was quicker.
Result<void> remove_seen_host_keys(Transaction& transaction, const std::vector<std::int64_t>& ids);
/// Removes the rows of these names that say "accepted": their keys have left known_hosts.
Result<void> remove_recorded_host_keys(Transaction& transaction,
                                       const std::vector<std::string>& names);

/// Where a host of the inventory is looked up in known_hosts.
struct HostKeyPlace {
  std::string host;  ///< its name in the inventory
  std::string address;
  std::uint16_t port = 22;
  std::string alias;  ///< host_key_alias; stands without a port
};
Result<std::vector<HostKeyPlace>> list_host_key_places(Connection& connection);

}  // namespace om::store
