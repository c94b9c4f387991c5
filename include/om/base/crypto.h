// SPDX-License-Identifier: MIT
//
// The cryptography the program itself needs, over OpenSSL: hashes, random, sealing, password
// hashing, and the text forms of bytes. Any thread. Nothing here is home-made; failures of OpenSSL
// are Errc::internal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "om/base/result.h"
#include "om/base/secret.h"

namespace om::crypto {

std::string hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
/// Standard alphabet with padding.
std::string base64(std::string_view bytes);
/// Strict: no white space, right padding (or none at all).
std::optional<std::string> from_base64(std::string_view text);
/// URL alphabet without padding: tokens and codes.
std::string base64url(std::string_view bytes);

/// 32 bytes.
std::string sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
/// 20 bytes (hashed known_hosts names, the legacy codec).
std::string sha1(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string hmac_sha1(std::string_view key, std::string_view bytes);

/// SHA-256 of something that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  /// The same so far; each goes on by itself.
  Sha256(const Sha256& other);
  void update(std::string_view bytes);
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// From the kernel's generator. Aborts when it fails: nothing sensible can follow.
std::string random_bytes(std::size_t count);
/// Same time whatever the contents; false for different lengths.
bool equal_constant_time(std::string_view a, std::string_view b);

/// AES-256-GCM with a random nonce: nonce(12) || ciphertext || tag(16). `context` is authenticated
/// but not stored: a sealed value moved to another place does not open. Requires: key of 32 bytes.
std::string seal(std::string_view key, std::string_view context, std::string_view plain);
/// Fails with unauthorized when the key, the context or a single bit is wrong.
Result<Secret> open_sealed(std::string_view key, std::string_view context, std::string_view sealed);

/// scrypt (N=2^15, r=8, p=1; 32 MiB, about 80 ms) as text "scrypt$15$8$1$salt$hash".
std::string hash_password(std::string_view password);
/// Same cost for a wrong form of `stored` as for a right one.
bool password_matches(std::string_view password, std::string_view stored);

}  // namespace om::crypto
