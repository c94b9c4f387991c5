// SPDX-License-Identifier: MIT
//
// What a holder shows to be let in: session ids, tokens, codes of links. 256 random bits as text;
// only the hash is kept. Pure but for the random numbers.
#pragma once

#include <string>
#include <string_view>

#include "om/base/crypto.h"
#include "om/base/secret.h"

namespace om::access {

inline constexpr std::size_t kBearerBytes = 32;

/// `prefix` and 43 characters of the URL alphabet.
inline Secret new_bearer(std::string_view prefix) {
  return Secret(std::string(prefix) + crypto::base64url(crypto::random_bytes(kBearerBytes)));
}
/// What the store knows it by. Random as they are, they need no salt and no slow hash.
inline std::string bearer_hash(std::string_view bearer) { return crypto::sha256(bearer); }

}  // namespace om::access
