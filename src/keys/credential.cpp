// SPDX-License-Identifier: MIT
//
// Sealing and opening private keys.
#include "om/keys/credential.h"

namespace om::keys {
namespace {

std::string context_of(std::string_view name) { return "credential " + std::string(name); }

/// What follows the key in an authorized_keys line.
std::string comment_of(std::string_view public_key) {
  const std::size_t key = public_key.find(' ');
  if (key == std::string_view::npos) return {};
  const std::size_t comment = public_key.find(' ', key + 1);
  if (comment == std::string_view::npos) return {};
  return std::string(public_key.substr(comment + 1));
}

}  // namespace

Result<SealedKey> seal_private_key(const Sealer& sealer, std::string name, std::string_view file,
                                   const Secret& passphrase) {
  OM_TRY_SET(const PrivateKey key, PrivateKey::parse(file, passphrase));
  SealedKey sealed;
  sealed.kind = kPrivateKeyKind;
  sealed.sealed = sealer.seal(context_of(name), key.to_pkcs8().reveal());
  sealed.public_key = key.public_key().authorized_keys_line();
  sealed.fingerprint = key.public_key().fingerprint();
  sealed.name = std::move(name);
  return sealed;
}

Result<PrivateKey> open_private_key(const Sealer& sealer, std::string_view name,
                                    std::string_view sealed, std::string_view public_key) {
  auto der = sealer.open_sealed(context_of(name), sealed);
  if (!der) {
    return fail(Errc::unauthorized, "credential.cannot_be_opened",
                "credential '" + std::string(name) +
                    "' was sealed with another secret.key; restore that file, or add the "
                    "credential again");
  }
  return PrivateKey::from_pkcs8(der->reveal(), comment_of(public_key));
}

}  // namespace om::keys
