// SPDX-License-Identifier: MIT
//
// Certificate: an OpenSSH user certificate (PROTOCOL.certkeys, -cert-v01@openssh.com) for an
// ed25519, ECDSA or RSA key. Public; a value, any thread. What it says is read for matching it with
// its key and for messages: whether its signature is any good, only servers judge. Text in it is
// its author's: any bytes. Fails with key.not_a_certificate or key.host_certificate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::keys {

struct Certificate {
  std::string algorithm;  ///< "ssh-ed25519-cert-v01@openssh.com"
  std::string blob;       ///< SSH wire form: what is offered
  std::string key_blob;   ///< SSH wire form of the plain public key in it
  std::uint64_t serial = 0;
  std::string key_id;
  std::vector<std::string> principals;
  WallMs valid_after_ms = 0;
  WallMs valid_before_ms = 0;  ///< 0: for ever

  /// "ssh-ed25519-cert-v01@openssh.com AAAA..."
  std::string line() const;
};

/// From the line of a -cert.pub file.
Result<Certificate> parse_certificate(std::string_view line);
/// From its wire form.
Result<Certificate> certificate_from_blob(std::string_view blob);
/// Whether an algorithm's name is a certificate's.
bool is_certificate_algorithm(std::string_view algorithm);

}  // namespace om::keys
