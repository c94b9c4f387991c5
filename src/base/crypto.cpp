// SPDX-License-Identifier: MIT
#include "om/base/crypto.h"

#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "om/base/text.h"

namespace om::crypto {
namespace {

const unsigned char* bytes_of(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* bytes_of(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

std::string digest(const EVP_MD* type, std::string_view bytes) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(type)), '\0');
  OM_CHECK(EVP_Digest(bytes.data(), bytes.size(), bytes_of(out), nullptr, type, nullptr) == 1);
  return out;
}

std::string hmac(const EVP_MD* type, std::string_view key, std::string_view bytes) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(type)), '\0');
  unsigned int size = 0;
  OM_CHECK(HMAC(type, key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
                bytes_of(out), &size) != nullptr);
  return out;
}

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kKeySize = 32;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

constexpr int kScryptLog2N = 15;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;
constexpr std::size_t kPasswordHashSize = 32;

std::string scrypt(std::string_view password, std::string_view salt) {
  std::string out(kPasswordHashSize, '\0');
  constexpr std::uint64_t max_memory = 64ULL << 20;
  OM_CHECK(EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(),
                          1ULL << kScryptLog2N, kScryptR, kScryptP, max_memory, bytes_of(out),
                          out.size()) == 1);
  return out;
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(bytes_of(out), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+') {
      value = 62;
    } else if (c == '/') {
      value = 63;
    } else {
      return std::nullopt;
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  if (count >= 6 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

std::string base64url(std::string_view bytes) {
  std::string out = base64(bytes);
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return out;
}

std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }
std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }
std::string sha1(std::string_view bytes) { return digest(EVP_sha1(), bytes); }
std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  return hmac(EVP_sha256(), key, bytes);
}
std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  return hmac(EVP_sha1(), key, bytes);
}

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  OM_CHECK(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::Sha256(const Sha256& other) : state_(std::make_unique<State>()) {
  OM_CHECK(EVP_MD_CTX_copy_ex(state_->context.get(), other.state_->context.get()) == 1);
}

void Sha256::update(std::string_view bytes) {
  OM_CHECK(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
  std::string out(32, '\0');
  OM_CHECK(EVP_DigestFinal_ex(state_->context.get(), bytes_of(out), nullptr) == 1);
  return out;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  OM_CHECK(RAND_bytes(bytes_of(out), static_cast<int>(count)) == 1);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string seal(std::string_view key, std::string_view context, std::string_view plain) {
  OM_CHECK(key.size() == kKeySize);
  const std::string nonce = random_bytes(kNonceSize);
  std::string ciphertext(plain.size(), '\0');
  std::string tag(kTagSize, '\0');
  const CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  OM_CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                              bytes_of(nonce)) == 1);
  OM_CHECK(EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(context),
                             static_cast<int>(context.size())) == 1);
  OM_CHECK(EVP_EncryptUpdate(cipher.get(), bytes_of(ciphertext), &size, bytes_of(plain),
                             static_cast<int>(plain.size())) == 1);
  OM_CHECK(EVP_EncryptFinal_ex(cipher.get(), nullptr, &size) == 1);
  OM_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, tag.data()) == 1);
  return nonce + ciphertext + tag;
}

Result<Secret> open_sealed(std::string_view key, std::string_view context,
                           std::string_view sealed) {
  OM_CHECK(key.size() == kKeySize);
  const Error wrong =
      fail(Errc::unauthorized, "crypto.not_opened",
           "the sealed value does not open with this key: was secret.key replaced?");
  if (sealed.size() < kNonceSize + kTagSize) return wrong;
  const std::string_view nonce = sealed.substr(0, kNonceSize);
  const std::string_view ciphertext =
      sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string plain(ciphertext.size(), '\0');
  const CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  const bool opened =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                         bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &size, bytes_of(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), nullptr, &size) == 1;
  Secret secret(std::move(plain));
  if (!opened) return wrong;
  return secret;
}

std::string hash_password(std::string_view password) {
  const std::string salt = random_bytes(16);
  return "scrypt$" + std::to_string(kScryptLog2N) + "$" + std::to_string(kScryptR) + "$" +
         std::to_string(kScryptP) + "$" + base64(salt) + "$" + base64(scrypt(password, salt));
}

bool password_matches(std::string_view password, std::string_view stored) {
  const std::vector<std::string_view> parts = text::split(stored, '$');
  std::optional<std::string> salt;
  std::optional<std::string> hash;
  if (parts.size() == 6 && parts[0] == "scrypt" && parts[1] == std::to_string(kScryptLog2N) &&
      parts[2] == std::to_string(kScryptR) && parts[3] == std::to_string(kScryptP)) {
    salt = from_base64(parts[4]);
    hash = from_base64(parts[5]);
  }
  const std::string computed = scrypt(password, salt.value_or(std::string(16, '\0')));
  return salt && hash && equal_constant_time(computed, *hash);
}

}  // namespace om::crypto
