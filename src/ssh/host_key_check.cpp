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

/// Where to look, and what to say when it is right.
constexpr std::string_view kHowToAccept =
    "see it with `omserver hostkey list --pending`, then `omserver hostkey accept ID`";

}  // namespace

std::string host_key_preference(const std::vector<std::string>& known_types) {
  std::vector<std::string> known;
  std::vector<std::string> others;
  for (const Algorithm& algorithm : kAlgorithms) {
    const bool is_known =
        std::find(known_types.begin(), known_types.end(), algorithm.key_type) != known_types.end();
    (is_known ? known : others).emplace_back(algorithm.name);
  }
  known.insert(known.end(), others.begin(), others.end());
  return text::join(known, ",");
}

std::string key_type_of(std::string_view blob) { return std::string(WireReader(blob).string()); }

Result<void> judge(const HostKey& key, const HostKeyAnswer& answer) {
  const std::string offered = "the server offers the " + key.algorithm + " host key " +
                              answer.fingerprint + " for " + answer.name;
  const std::string place = answer.where.empty() ? std::string() : " (" + answer.where + ")";
  const std::string how(kHowToAccept);
  switch (answer.verdict) {
    case HostKeyVerdict::ok:
    case HostKeyVerdict::accepted:
      return {};
    case HostKeyVerdict::changed:
      return fail(Errc::forbidden, "ssh.host_key_changed",
                  offered + ", but " + answer.known_fingerprint + " is on file" + place +
                      ": nothing was sent, somebody may be in between; if the host was "
                      "reinstalled and this is its new key, " +
                      how);
    case HostKeyVerdict::unknown:
      return fail(Errc::forbidden, "ssh.host_key_unknown",
                  offered +
                      ", which is not on file: compare the fingerprint on the host itself; if it "
                      "is the same, " +
                      how);
    case HostKeyVerdict::revoked:
      return fail(Errc::forbidden, "ssh.host_key_revoked",
                  offered + ", which is marked as revoked" + place +
                      ": nothing was sent; give the host a new key (ssh-keygen), then " + how);
    case HostKeyVerdict::only_ca:
      return fail(Errc::forbidden, "ssh.host_key_only_ca",
                  offered + "; only a certificate authority is on file for it" + place +
                      ", which cannot be checked here: compare the fingerprint on the host itself; "
                      "if it is the same, " +
                      how);
  }
  return fail(Errc::internal, "ssh.host_key_unknown", "the host key got no verdict");
}

}  // namespace om::ssh
