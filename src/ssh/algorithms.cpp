// SPDX-License-Identifier: MIT
//
// The lists, and why they are in this order.
#include "ssh/algorithms.h"

#include <algorithm>
#include <array>

#include "om/base/text.h"

namespace om::ssh {
namespace {

// Elliptic curves of NIST's last among the sound ones: the library leaves 3 KB of OpenSSL's objects
// behind at each such key exchange, and servers that lack curve25519 (FIPS) have these groups.
constexpr const char* kKeyExchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,diffie-hellman-group14-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521";
constexpr const char* kLegacyKeyExchanges =
    ",diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1";

// AES in counter mode with a plain MAC is what the library does fastest, and what Terrapin
// (CVE-2023-48795) cannot touch at servers without strict key exchange; the others are for servers
// that insist. SHA-1 as a MAC is not broken, and OpenSSH proposes it still.
constexpr const char* kCiphers =
    "aes128-ctr,aes256-ctr,aes192-ctr,chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
    "aes256-gcm@openssh.com";
constexpr const char* kLegacyCiphers = ",aes128-cbc,aes256-cbc,aes192-cbc,3des-cbc";
constexpr const char* kMacs =
    "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
    "hmac-sha1";
constexpr const char* kLegacyMacs = ",hmac-md5";

struct HostKeyAlgorithm {
  std::string_view name;
  std::string_view key_type;
  AlgorithmSet set;
};

/// No certificates: nothing here could verify them, and a server that has one has its plain key as
/// well. ssh-rsa (SHA-1) is for servers older than OpenSSH 7.2; those have an RSA key
/// beside a DSA one, which the library is built without.
constexpr std::array kHostKeys = {
    HostKeyAlgorithm{"ssh-ed25519", "ssh-ed25519", AlgorithmSet::sound},
    HostKeyAlgorithm{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", AlgorithmSet::sound},
    HostKeyAlgorithm{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", AlgorithmSet::sound},
    HostKeyAlgorithm{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", AlgorithmSet::sound},
    HostKeyAlgorithm{"rsa-sha2-512", "ssh-rsa", AlgorithmSet::sound},
    HostKeyAlgorithm{"rsa-sha2-256", "ssh-rsa", AlgorithmSet::sound},
    HostKeyAlgorithm{"ssh-rsa", "ssh-rsa", AlgorithmSet::with_legacy},
};

std::string host_keys(AlgorithmSet set, const std::vector<std::string>& known_types) {
  std::vector<std::string> known;
  std::vector<std::string> others;
  for (const HostKeyAlgorithm& algorithm : kHostKeys) {
    if (set == AlgorithmSet::sound && algorithm.set == AlgorithmSet::with_legacy) continue;
    const bool is_known =
        std::find(known_types.begin(), known_types.end(), algorithm.key_type) != known_types.end();
    (is_known ? known : others).emplace_back(algorithm.name);
  }
  known.insert(known.end(), others.begin(), others.end());
  return text::join(known, ",");
}

}  // namespace

Algorithms algorithms_to_propose(AlgorithmSet set, const std::vector<std::string>& known_types) {
  Algorithms lists{kKeyExchanges, host_keys(set, known_types), kCiphers, kMacs};
  if (set == AlgorithmSet::with_legacy) {
    lists.key_exchanges += kLegacyKeyExchanges;
    lists.ciphers += kLegacyCiphers;
    lists.macs += kLegacyMacs;
  }
  return lists;
}

std::string_view remedy_for_no_common_algorithm(AlgorithmSet set) {
  switch (set) {
    case AlgorithmSet::sound:
      return "the server has no key exchange, host key, cipher or MAC in common with us: if it is "
             "as old as OpenSSH 5.3 or 6, set legacy_algorithms for this host; or it may take "
             "post-quantum key exchange only";
    case AlgorithmSet::with_legacy:
      return "the server has no key exchange, host key, cipher or MAC in common with us, legacy "
             "ones included; it may take post-quantum key exchange only";
  }
  return {};
}

}  // namespace om::ssh
