// SPDX-License-Identifier: MIT
//
// Table credential: the keys that hosts are reached with. The private part is kept as the sealed
// bytes it is given; sealing and opening are the part keys'. Free functions on a connection of the
// store, in its thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/model/ids.h"
#include "om/store/store.h"

namespace om::store {

/// Kinds of credentials.
inline constexpr std::string_view kPrivateKeyKind = "ssh-key";
inline constexpr std::string_view kPasswordKind = "password";

/// What anybody who may see the inventory may see of a credential.
struct Credential {
  CredentialId id;
  std::string name;
  std::string kind;         ///< one of those above
  std::string public_key;   ///< one line, as in authorized_keys
  std::string fingerprint;  ///< "SHA256:..."
  std::string certificate;  ///< its line, or empty
};
/// By name.
Result<std::vector<Credential>> list_credentials(Connection& connection);
Result<Credential> find_credential(Connection& connection, const std::string& name);
Result<std::string> find_sealed(Connection& connection, CredentialId id);
/// Conflict when the name is taken. Its id is given.
Result<CredentialId> add_credential(Transaction& transaction, const Credential& credential,
                                    std::string_view sealed);
/// The same in place of the one of that name, if there is one.
Result<void> replace_credential(Transaction& transaction, const Credential& credential,
                                std::string_view sealed);
/// Conflict while a host names it.
Result<void> remove_credential(Transaction& transaction, const std::string& name);

}  // namespace om::store
