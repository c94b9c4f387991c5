// SPDX-License-Identifier: MIT
//
// The openssh-key-v1 container (OpenSSH's PROTOCOL.key): a cleartext head with the cipher and the
// key derivation, then the private section, encrypted or not. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "keys/evp_key.h"

#include "om/base/result.h"
#include "om/base/secret.h"

namespace om::keys {

struct OpensshKey {
  EvpKey key;
  std::string public_blob;  ///< of the head
  std::string comment;
};

inline constexpr std::string_view kOpensshHead = "-----BEGIN OPENSSH PRIVATE KEY-----";

/// `file` holds the whole text. Errors as PrivateKey::parse.
Result<OpensshKey> read_openssh_key(std::string_view file, const Secret& passphrase);

}  // namespace om::keys
