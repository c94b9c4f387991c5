// SPDX-License-Identifier: MIT
//
// Taking the container apart. Every length comes from the file and is not believed.
#include "keys/openssh_key.h"

#include <array>
#include <cstdint>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "om/base/crypto.h"
#include "om/ssh/wire_form.h"

extern "C" {
/// libssh2's copy of OpenBSD's function, public in its static archive only: hence weak. OpenSSL has
/// none, and its Blowfish cannot be keyed the way bcrypt does.
__attribute__((weak)) int _libssh2_bcrypt_pbkdf(const char* pass, std::size_t passlen,
                                                const std::uint8_t* salt, std::size_t saltlen,
                                                std::uint8_t* key, std::size_t keylen,
                                                unsigned int rounds);
}

namespace om::keys {
namespace {

constexpr std::string_view kTail = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};
/// ssh-keygen's default is 16 (24 since 9.9), and each costs some 5 ms.
constexpr std::uint32_t kMostRounds = 2048;

struct Cipher {
  std::string_view name;
  const EVP_CIPHER* (*cipher)();
  std::size_t key_bytes;
  std::size_t iv_bytes;
  std::size_t block_bytes;
  std::size_t tag_bytes;
};
constexpr std::array kCiphers = {
    Cipher{"aes256-ctr", &EVP_aes_256_ctr, 32, 16, 16, 0},
    Cipher{"aes192-ctr", &EVP_aes_192_ctr, 24, 16, 16, 0},
    Cipher{"aes128-ctr", &EVP_aes_128_ctr, 16, 16, 16, 0},
    Cipher{"aes256-cbc", &EVP_aes_256_cbc, 32, 16, 16, 0},
    Cipher{"aes192-cbc", &EVP_aes_192_cbc, 24, 16, 16, 0},
    Cipher{"aes128-cbc", &EVP_aes_128_cbc, 16, 16, 16, 0},
    Cipher{"aes256-gcm@openssh.com", &EVP_aes_256_gcm, 32, 12, 16, 16},
    Cipher{"aes128-gcm@openssh.com", &EVP_aes_128_gcm, 16, 12, 16, 16},
};

/// What bcrypt made of the passphrase: the cipher's key, then its initialisation vector.
struct KeyMaterial {
  std::array<std::uint8_t, 48> bytes{};
  ~KeyMaterial() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

Error damaged(std::string_view what) {
  return fail(Errc::invalid_argument, "key.damaged",
              "the OpenSSH private key is damaged: " + std::string(what));
}

Error wrong_passphrase() {
  return fail(Errc::unauthorized, "key.passphrase_wrong", "the passphrase does not open this key");
}

Result<std::string> decoded_body(std::string_view file) {
  const std::size_t head = file.find(kOpensshHead);
  if (head == std::string_view::npos) return damaged("no head line");
  const std::size_t begin = head + kOpensshHead.size();
  const std::size_t end = file.find(kTail, begin);
  if (end == std::string_view::npos) return damaged("no end line");
  std::string packed;
  packed.reserve(end - begin);  // no copies left behind by growing
  for (const char c : file.substr(begin, end - begin)) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') packed.push_back(c);
  }
  auto bytes = crypto::from_base64(packed);
  OPENSSL_cleanse(packed.data(), packed.size());
  if (!bytes) return damaged("not base64");
  return *std::move(bytes);
}

Result<Secret> decrypted(const Cipher& cipher, std::string_view options, std::string_view section,
                         std::string_view tag, const Secret& passphrase) {
  ssh::WireReader reader(options);
  const std::string_view salt = reader.string();
  const std::uint32_t rounds = reader.u32();
  if (!reader.ok() || salt.empty()) return damaged("key derivation");
  if (rounds == 0 || rounds > kMostRounds) {
    return fail(Errc::invalid_argument, "key.unsupported",
                "the key's passphrase is hashed " + std::to_string(rounds) +
                    " times, more than is sensible; change it with 'ssh-keygen -p -a 64'");
  }
  if (_libssh2_bcrypt_pbkdf == nullptr) {
    return fail(Errc::invalid_argument, "key.unsupported",
                "this build cannot open encrypted OpenSSH keys; convert it with "
                "'ssh-keygen -p -m PKCS8'");
  }
  KeyMaterial material;
  const std::string_view pass = passphrase.reveal();
  if (_libssh2_bcrypt_pbkdf(
          pass.data(), pass.size(), reinterpret_cast<const std::uint8_t*>(salt.data()), salt.size(),
          material.bytes.data(), cipher.key_bytes + cipher.iv_bytes, rounds) != 0) {
    return damaged("key derivation");
  }

  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string plain(section.size() + cipher.block_bytes, '\0');
  int first = 0;
  int last = 0;
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  bool good = EVP_DecryptInit_ex(context.get(), cipher.cipher(), nullptr, material.bytes.data(),
                                 material.bytes.data() + cipher.key_bytes) == 1 &&
              EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
              EVP_DecryptUpdate(context.get(), out, &first,
                                reinterpret_cast<const unsigned char*>(section.data()),
                                static_cast<int>(section.size())) == 1;
  if (good && cipher.tag_bytes != 0) {
    std::string expected(tag);
    good = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                               static_cast<int>(expected.size()), expected.data()) == 1;
  }
  good = good && EVP_DecryptFinal_ex(context.get(), out + first, &last) == 1;
  ERR_clear_error();
  plain.resize(section.size());
  Secret result(std::move(plain));
  if (!good) return wrong_passphrase();
  return result;
}

/// The private section's fields of one key; null when they make none.
EvpKey key_from_fields(ssh::WireReader& reader, std::string_view algorithm) {
  if (algorithm == "ssh-ed25519") {
    const std::string_view point = reader.string();
    const std::string_view secret = reader.string();  // the seed, and the point again
    if (!reader.ok() || point.size() != 32 || secret.size() != 64 || secret.substr(32) != point) {
      return nullptr;
    }
    return ed25519_key(secret.substr(0, 32));
  }
  if (algorithm == "ssh-rsa") {
    RsaNumbers numbers;
    numbers.n = reader.string();
    numbers.e = reader.string();
    numbers.d = reader.string();
    numbers.iqmp = reader.string();
    numbers.p = reader.string();
    numbers.q = reader.string();
    return reader.ok() ? rsa_key(numbers) : nullptr;
  }
  reader.string();  // the curve's name, again
  const std::string_view point = reader.string();
  const std::string_view secret = reader.string();
  return reader.ok() ? ecdsa_key(algorithm, point, secret) : nullptr;
}

bool is_supported(std::string_view algorithm) {
  return algorithm == "ssh-ed25519" || algorithm == "ssh-rsa" ||
         algorithm == "ecdsa-sha2-nistp256" || algorithm == "ecdsa-sha2-nistp384" ||
         algorithm == "ecdsa-sha2-nistp521";
}

Result<OpensshKey> read_section(std::string_view section, std::string_view public_blob,
                                const Error& on_wrong_check) {
  ssh::WireReader reader(section);
  const std::uint32_t check = reader.u32();
  if (reader.u32() != check || !reader.ok()) return on_wrong_check;
  const std::string algorithm(reader.string());
  if (!is_supported(algorithm)) {
    return fail(Errc::invalid_argument, "key.unsupported",
                "a key of type '" + algorithm.substr(0, 64) +
                    "' cannot be used; ed25519, ECDSA and RSA can");
  }
  OpensshKey result;
  result.key = key_from_fields(reader, algorithm);
  if (!result.key) return damaged("its numbers make no key");
  result.comment = std::string(reader.string());
  if (!reader.ok()) return damaged("it ends too early");
  std::uint8_t expected = 1;
  for (const char c : reader.rest()) {
    if (static_cast<std::uint8_t>(c) != expected++) return damaged("wrong padding");
  }
  result.public_blob = std::string(public_blob);
  return result;
}

}  // namespace

Result<OpensshKey> read_openssh_key(std::string_view file, const Secret& passphrase) {
  OM_TRY_SET(std::string body, decoded_body(file));
  const Secret bytes(std::move(body));
  if (!bytes.reveal().starts_with(kMagic)) return damaged("no magic number");
  ssh::WireReader reader(bytes.reveal().substr(kMagic.size()));
  const std::string_view cipher_name = reader.string();
  const std::string_view derivation = reader.string();
  const std::string_view options = reader.string();
  const std::uint32_t count = reader.u32();
  const std::string_view public_blob = reader.string();
  const std::string_view section = reader.string();
  if (!reader.ok() || count != 1) return damaged("its head");

  if (cipher_name == "none") {
    if (derivation != "none" || section.size() % 8 != 0 || !reader.rest().empty()) {
      return damaged("its head");
    }
    return read_section(section, public_blob, damaged("its check numbers differ"));
  }
  if (passphrase.empty()) {
    return fail(Errc::unauthorized, "key.passphrase_needed",
                "this key is encrypted: give its passphrase");
  }
  for (const Cipher& cipher : kCiphers) {
    if (cipher.name != cipher_name || derivation != "bcrypt") continue;
    if (section.empty() || section.size() % cipher.block_bytes != 0 ||
        section.size() > 1024 * 1024 || reader.rest().size() != cipher.tag_bytes) {
      return damaged("its private section");
    }
    OM_TRY_SET(const Secret plain, decrypted(cipher, options, section, reader.rest(), passphrase));
    return read_section(plain.reveal(), public_blob, wrong_passphrase());
  }
  return fail(Errc::invalid_argument, "key.unsupported",
              "the key is encrypted with '" + std::string(cipher_name.substr(0, 64)) +
                  "', which is not supported; convert it with 'ssh-keygen -p -Z aes256-ctr'");
}

}  // namespace om::keys
