// SPDX-License-Identifier: MIT
#include "keys/host_key_judgement.h"

#include <algorithm>

namespace om::keys {
namespace {

using ssh::HostKeyVerdict;
using Marker = KnownHosts::Marker;
using Entries = std::vector<const KnownHosts::Entry*>;

bool is_revoked(const Entries& entries, const std::string& blob) {
  return std::any_of(entries.begin(), entries.end(), [&blob](const KnownHosts::Entry* entry) {
    return entry->marker == Marker::revoked && entry->blob == blob;
  });
}

/// The same key is right whatever else is there, any other key without a marker means that it
/// changed, a revoked one overrides both.
HostKeyJudgement judge_name(KnownHosts& hosts, const std::string& name, const ssh::HostKey& key) {
  HostKeyJudgement judgement;
  const KnownHosts::Entry* authority = nullptr;
  for (const KnownHosts::Entry* entry : hosts.find(name)) {
    const bool is_same = entry->blob == key.blob;
    if (entry->marker == Marker::revoked) {
      if (is_same) return {HostKeyVerdict::revoked, entry};
    } else if (entry->marker == Marker::cert_authority) {
      if (authority == nullptr) authority = entry;
    } else if (is_same) {
      if (judgement.verdict != HostKeyVerdict::ok) judgement = {HostKeyVerdict::ok, entry};
    } else if (judgement.verdict == HostKeyVerdict::unknown ||
               (judgement.verdict == HostKeyVerdict::changed &&
                judgement.entry->algorithm != key.algorithm && entry->algorithm == key.algorithm)) {
      judgement = {HostKeyVerdict::changed, entry};
    }
  }
  if (judgement.verdict == HostKeyVerdict::unknown && authority != nullptr) {
    return {HostKeyVerdict::only_ca, authority};
  }
  return judgement;
}

}  // namespace

HostKeyJudgement judge_host_key(KnownHosts& hosts, const std::string& name, const std::string& bare,
                                const ssh::HostKey& key) {
  const HostKeyJudgement judgement = judge_name(hosts, name, key);
  const bool is_settled =
      judgement.verdict != HostKeyVerdict::unknown && judgement.verdict != HostKeyVerdict::only_ca;
  if (is_settled || bare.empty()) return judgement;
  const HostKeyJudgement other = judge_name(hosts, bare, key);
  const bool decides =
      other.verdict == HostKeyVerdict::ok || other.verdict == HostKeyVerdict::revoked ||
      (other.verdict == HostKeyVerdict::only_ca && judgement.verdict == HostKeyVerdict::unknown);
  return decides ? other : judgement;
}

std::vector<std::string> known_types(KnownHosts& hosts, const std::string& name) {
  const Entries& entries = hosts.find(name);
  std::vector<std::string> types;
  for (const KnownHosts::Entry* entry : entries) {
    if (entry->marker == Marker::none && !is_revoked(entries, entry->blob) &&
        std::find(types.begin(), types.end(), entry->algorithm) == types.end()) {
      types.push_back(entry->algorithm);
    }
  }
  return types;
}

}  // namespace om::keys
