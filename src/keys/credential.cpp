// SPDX-License-Identifier: MIT
//
// Sealing and opening private keys and passwords.
#include "om/keys/credential.h"

namespace om::keys {
namespace {

std::string context_of(std::string_view name) { return "credential " + std::string(name); }
/// Another one: were a key's row made to say that it is a password, the key would be sent as one.
std::string password_context_of(std::string_view name) { return "password " + std::string(name); }

Result<Secret> open_in(const Sealer& sealer, const std::string& context, std::string_view name,
                       std::string_view sealed) {
  auto opened = sealer.open_sealed(context, sealed);
  if (opened) return opened;
  return fail(Errc::unauthorized, "credential.cannot_be_opened",
              "credential '" + std::string(name) +
                  "' was sealed with another secret.key; restore that file, or add the "
                  "credential again");
}

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
  sealed.sealed = sealer.seal(context_of(name), key.to_pkcs8().reveal());
  sealed.public_key = key.public_key().authorized_keys_line();
  sealed.fingerprint = key.public_key().fingerprint();
  sealed.name = std::move(name);
  return sealed;
}

Result<PrivateKey> open_private_key(const Sealer& sealer, std::string_view name,
                                    std::string_view sealed, std::string_view public_key) {
  OM_TRY_SET(const Secret der, open_in(sealer, context_of(name), name, sealed));
  return PrivateKey::from_pkcs8(der.reveal(), comment_of(public_key));
}

Result<std::string> seal_password(const Sealer& sealer, std::string_view name,
                                  const Secret& password) {
  const std::string_view text = password.reveal();
  const auto refused = [](std::string why) {
    return fail(Errc::invalid_argument, "credential.password", "password: " + std::move(why));
  };
  if (text.empty()) return refused("must not be empty");
  if (text.size() > kMaxPasswordBytes)
    return refused("is longer than " + std::to_string(kMaxPasswordBytes) + " bytes");
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != text.npos)
    return refused("must not have a line end or a NUL byte");
  return sealer.seal(password_context_of(name), text);
}

Result<Secret> open_password(const Sealer& sealer, std::string_view name, std::string_view sealed) {
  return open_in(sealer, password_context_of(name), name, sealed);
}

}  // namespace om::keys
