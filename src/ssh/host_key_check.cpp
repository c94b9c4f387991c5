// SPDX-License-Identifier: MIT
//
// Verdicts.
#include "ssh/host_key_check.h"

#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

/// Where to look, and what to say when it is right.
constexpr std::string_view kHowToAccept =
    "see it with `omserver hostkey list --pending`, then `omserver hostkey accept ID`";

}  // namespace

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
