// SPDX-License-Identifier: MIT
//
// RFC 2104 over OpenSSL's SHA-1 of one block at a time: its newer interface cannot be stopped half
// way and copied without an allocation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "keys/name_hash.h"

#include <cstring>

#include <openssl/sha.h>

#include "om/base/check.h"

namespace om::keys {
namespace {

constexpr std::size_t kBlockBytes = 64;

std::array<std::uint32_t, 5> after_block(std::string_view salt, unsigned char mask) {
  std::array<unsigned char, kBlockBytes> block{};
  std::memcpy(block.data(), salt.data(), salt.size());
  for (unsigned char& byte : block) byte = static_cast<unsigned char>(byte ^ mask);
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, block.data(), block.size());
  return {context.h0, context.h1, context.h2, context.h3, context.h4};
}

void digest_from(const std::array<std::uint32_t, 5>& state, std::string_view bytes,
                 unsigned char* out) {
  SHA_CTX context;
  SHA1_Init(&context);
  context.h0 = state[0];
  context.h1 = state[1];
  context.h2 = state[2];
  context.h3 = state[3];
  context.h4 = state[4];
  context.Nl = kBlockBytes * 8;
  SHA1_Update(&context, bytes.data(), bytes.size());
  SHA1_Final(out, &context);
}

}  // namespace

NameHash::NameHash(std::string_view salt, std::string_view digest)
    : inner_(after_block(salt, 0x36)), outer_(after_block(salt, 0x5c)) {
  OM_CHECK(salt.size() == digest_.size() && digest.size() == digest_.size());
  std::memcpy(digest_.data(), digest.data(), digest_.size());
}

bool NameHash::matches(std::string_view name) const {
  std::array<unsigned char, 20> hash{};
  digest_from(inner_, name, hash.data());
  digest_from(outer_, {reinterpret_cast<const char*>(hash.data()), hash.size()}, hash.data());
  return hash == digest_;
}

}  // namespace om::keys
