// SPDX-License-Identifier: MIT
//
// A credential's way between an operator's key file, the store's row and the signer. Functions of
// values, any thread; seal_private_key() may take seconds (see PrivateKey::parse).
#pragma once

#include <string>
#include <string_view>

#include "om/base/result.h"
#include "om/base/secret.h"
#include "om/keys/private_key.h"
#include "om/keys/sealer.h"

namespace om::keys {

/// What the store keeps of a private key.
struct SealedKey {
  std::string name;         ///< the operator's word for it
  std::string kind;         ///< kPrivateKeyKind
  std::string sealed;       ///< opens only under this name
  std::string public_key;   ///< the authorized_keys line
  std::string fingerprint;  ///< "SHA256:..."
};

inline constexpr std::string_view kPrivateKeyKind = "ssh-key";

Result<SealedKey> seal_private_key(const Sealer& sealer, std::string name, std::string_view file,
                                   const Secret& passphrase);
/// Requires: name and public_key are those of the same SealedKey (the comment comes from there).
Result<PrivateKey> open_private_key(const Sealer& sealer, std::string_view name,
                                    std::string_view sealed, std::string_view public_key);

}  // namespace om::keys
