// SPDX-License-Identifier: MIT
//
// Sealer: seals secrets at rest with the key in DATA/secret.key (32 random bytes, 0600), which is
// kept outside the database on purpose: a copy of omserver.db alone opens nothing. Immutable after
// open(), any thread; open() does file work and belongs before the reactors run.
#pragma once

#include <string>
#include <string_view>

#include "om/base/result.h"
#include "om/base/secret.h"

namespace om::keys {

class Sealer {
 public:
  enum class IfMissing {
    create,  ///< a new data directory
    refuse,  ///< there are sealed values already: a new key could not open them
  };
  /// Fails when the file is readable or writable by others, not ours, or not 32 bytes long
  /// ("secret_key.unsafe", "secret_key.damaged", "secret_key.missing").
  static Result<Sealer> open(const std::string& path, IfMissing if_missing);

  /// `context` says what the value is and where it stands ("credential deploy"): it must be the
  /// same to open it, so that a sealed value cannot be moved to another place.
  std::string seal(std::string_view context, std::string_view plain) const;
  Result<Secret> open_sealed(std::string_view context, std::string_view sealed) const;

 private:
  explicit Sealer(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

}  // namespace om::keys
