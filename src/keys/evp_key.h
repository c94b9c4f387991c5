// SPDX-License-Identifier: MIT
//
// SSH's view of OpenSSL's keys: keys from their numbers, public blobs from keys, signatures in
// SSH's forms. Pure functions of their arguments, any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "om/base/result.h"

namespace om::keys {

struct FreeEvpKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, FreeEvpKey>;

/// The numbers of an RSA private key, big-endian.
struct RsaNumbers {
  std::string_view n, e, d, iqmp, p, q;
};

// Null when the numbers make no key.
EvpKey ed25519_key(std::string_view seed);
/// `algorithm`: ecdsa-sha2-nistp256, 384 or 521.
EvpKey ecdsa_key(std::string_view algorithm, std::string_view point, std::string_view secret);
EvpKey rsa_key(const RsaNumbers& numbers);
/// True for an uncompressed point of the algorithm's curve.
bool is_ecdsa_point(std::string_view algorithm, std::string_view point);

/// "ssh-ed25519" ...; "key.unsupported" for what SSH (or we) have no use for.
Result<std::string> algorithm_of(EVP_PKEY* key);
/// SSH wire form of the public half. Requires: algorithm_of(key) is `algorithm`.
Result<std::string> public_blob_of(EVP_PKEY* key, const std::string& algorithm);
/// In the form that ssh::Signer promises.
Result<std::string> signature_of(EVP_PKEY* key, const std::string& key_algorithm,
                                 const std::string& algorithm, std::string_view data);
/// True when the two halves belong together: signs something and verifies it.
bool is_consistent(EVP_PKEY* key, const std::string& algorithm);

}  // namespace om::keys
