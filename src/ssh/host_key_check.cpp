// SPDX-License-Identifier: MIT
//
// Preferences and verdicts.
#include "ssh/host_key_check.h"

#include <algorithm>
#include <array>

#include "om/base/text.h"
#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

struct Algorithm {
  std::string_view name;
  std::string_view key_type;
};

/// ssh-rsa (SHA-1) last: for servers older than OpenSSH 7.2. No certificates: nothing here could
/// verify them, and a server that has one has its plain key as well. No DSA.
constexpr std::array kAlgorithms = {
    Algorithm{"ssh-ed25519", "ssh-ed25519"},
    Algorithm{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    Algorithm{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    Algorithm{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
    Algorithm{"rsa-sha2-512", "ssh-rsa"},
    Algorithm{"rsa-sha2-256", "ssh-rsa"},
    Algorithm{"ssh-rsa", "ssh-rsa"},
};

std::string display_name(const HostKeyName& name) {
  return name.port == 22 ? name.host : "[" + name.host + "]:" + std::to_string(name.port);
}

}  // namespace

std::string host_key_preference(const std::vector<std::string>& known_types) {
  std::vector<std::string> order;
  for (const std::string& type : known_types) {
    for (const Algorithm& algorithm : kAlgorithms) {
      if (algorithm.key_type == type) order.emplace_back(algorithm.name);
    }
  }
  for (const Algorithm& algorithm : kAlgorithms) {
    if (std::find(order.begin(), order.end(), algorithm.name) == order.end()) {
      order.emplace_back(algorithm.name);
    }
  }
  return text::join(order, ",");
}

std::string key_type_of(std::string_view blob) { return std::string(WireReader(blob).string()); }

Result<void> judge(const HostKeyName& name, const HostKey& key, const HostKeyAnswer& answer) {
  const std::string offered = "the server offers the " + key.algorithm + " host key " +
                              answer.fingerprint + " for " + display_name(name);
  const std::string place = answer.where.empty() ? std::string() : " (" + answer.where + ")";
  switch (answer.verdict) {
    case HostKeyVerdict::ok:
    case HostKeyVerdict::accepted:
      return {};
    case HostKeyVerdict::changed:
      return fail(Errc::forbidden, "ssh.host_key_changed",
                  offered + ", but " + answer.known_fingerprint + " is on file" + place +
                      "; if the host was reinstalled, forget its old key, else somebody may be in "
                      "between: nothing was sent");
    case HostKeyVerdict::unknown:
      return fail(Errc::forbidden, "ssh.host_key_unknown",
                  offered +
                      ", which is not on file; compare the fingerprint on the host, then record "
                      "the key");
    case HostKeyVerdict::revoked:
      return fail(Errc::forbidden, "ssh.host_key_revoked",
                  offered + ", which is marked as revoked" + place +
                      "; give the host a new key: nothing was sent");
    case HostKeyVerdict::only_ca:
      return fail(Errc::forbidden, "ssh.host_key_only_ca",
                  offered + "; only a certificate authority is on file for it" + place +
                      ", which cannot be checked here: record the host's own key");
  }
  return fail(Errc::internal, "ssh.host_key_unknown", "the host key got no verdict");
}

}  // namespace om::ssh
