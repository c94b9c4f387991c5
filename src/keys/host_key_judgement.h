// SPDX-License-Identifier: MIT
//
// The verdict on a host key from what known_hosts holds: OpenSSH's check_key_in_hostkeys() and
// check_host_key(), and stricter than they are in two ways: a name known only through a certificate
// authority is only_ca, not unknown (certificates cannot be verified here, so the first key of a
// stranger would be recorded), and a key that is revoked for the bare name is revoked for its other
// ports, too. Pure; the thread that owns the index.
#pragma once

#include <string>
#include <vector>

#include "om/keys/known_hosts.h"
#include "om/ssh/host_keys.h"

namespace om::keys {

struct HostKeyJudgement {
  ssh::HostKeyVerdict verdict = ssh::HostKeyVerdict::unknown;
  /// What decided: the key itself, the other one on file (of the same type, where there is one),
  /// the revoked one, the authority; null where nothing is on file. Lives as long as the index.
  const KnownHosts::Entry* entry = nullptr;
};

/// `bare` is the name without its port, or empty: as ssh does, a key on file for it is good for the
/// other ports, too.
HostKeyJudgement judge_host_key(KnownHosts& hosts, const std::string& name, const std::string& bare,
                                const ssh::HostKey& key);

/// Key types on file for the name that a server may show: not those of revoked keys only.
std::vector<std::string> known_types(KnownHosts& hosts, const std::string& name);

}  // namespace om::keys
