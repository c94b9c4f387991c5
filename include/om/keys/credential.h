// SPDX-License-Identifier: MIT
//
// A credential's way between an operator's key file or password, the store's row and the signer.
// Functions of values, any thread; seal_private_key() may take seconds (see PrivateKey::parse).
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
  std::string sealed;       ///< opens only under this name
  std::string public_key;   ///< the authorized_keys line
  std::string fingerprint;  ///< "SHA256:..."
};

/// Longer ones are a slip: PAM takes 511 bytes.
inline constexpr std::size_t kMaxPasswordBytes = 1024;

Result<SealedKey> seal_private_key(const Sealer& sealer, std::string name, std::string_view file,
                                   const Secret& passphrase);
/// Requires: name and public_key are those of the same SealedKey (the comment comes from there).
Result<PrivateKey> open_private_key(const Sealer& sealer, std::string_view name,
                                    std::string_view sealed, std::string_view public_key);

/// What the store keeps of a password; it opens only as a password, and only under this name.
/// "credential.password" when it is empty, has a line end or a NUL byte, or is too long.
Result<std::string> seal_password(const Sealer& sealer, std::string_view name,
                                  const Secret& password);
Result<Secret> open_password(const Sealer& sealer, std::string_view name, std::string_view sealed);

}  // namespace om::keys
