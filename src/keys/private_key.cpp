// SPDX-License-Identifier: MIT
//
// Telling the formats apart; PEM and PKCS#8 through OpenSSL.
#include "om/keys/private_key.h"

#include <algorithm>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "keys/evp_key.h"
#include "keys/openssh_key.h"

#include "om/base/check.h"
#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::keys {
namespace {

constexpr std::size_t kLongestFile = 256 * 1024;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

/// What OpenSSL asks, and whether it did.
struct PassphraseQuestion {
  std::string_view passphrase;
  bool asked = false;
};

int on_passphrase(char* buffer, int size, int, void* data) {
  auto& question = *static_cast<PassphraseQuestion*>(data);
  question.asked = true;
  if (question.passphrase.empty() || question.passphrase.size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::copy(question.passphrase.begin(), question.passphrase.end(), buffer);
  return static_cast<int>(question.passphrase.size());
}

bool looks_like_public_key(std::string_view file) {
  return file.starts_with("ssh-") || file.starts_with("ecdsa-sha2-") || file.starts_with("sk-") ||
         file.find("-----BEGIN PUBLIC KEY") != file.npos ||
         file.find("BEGIN SSH2 PUBLIC KEY") != file.npos;
}

}  // namespace

std::string fingerprint_of(std::string_view blob) {
  std::string digest = crypto::base64(crypto::sha256(blob));
  while (!digest.empty() && digest.back() == '=') digest.pop_back();
  return "SHA256:" + digest;
}

std::string PublicKey::fingerprint() const { return fingerprint_of(blob); }

std::string PublicKey::authorized_keys_line() const {
  const std::string key = algorithm + " " + crypto::base64(blob);
  return comment.empty() ? key : key + " " + comment;
}

void PrivateKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

PrivateKey::PrivateKey(Handle handle, PublicKey public_key)
    : handle_(std::move(handle)), public_(std::move(public_key)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

Result<PrivateKey> PrivateKey::parse(std::string_view file, const Secret& passphrase) {
  if (file.size() > kLongestFile) {
    return fail(Errc::invalid_argument, "key.not_a_key", "the file is too large for a private key");
  }
  const std::string_view trimmed = text::trim(file);
  if (trimmed.find(kOpensshHead) != trimmed.npos) return parse_openssh(trimmed, passphrase);
  if (looks_like_public_key(trimmed)) {
    return fail(Errc::invalid_argument, "key.is_public",
                "this is the public half of a key; give the private one (the file without .pub)");
  }
  if (trimmed.starts_with("PuTTY-User-Key-File")) {
    return fail(Errc::invalid_argument, "key.unsupported",
                "this is a PuTTY key; convert it with 'puttygen KEY.ppk -O private-openssh'");
  }
  if (trimmed.find("-----BEGIN ") == trimmed.npos) {
    return fail(Errc::invalid_argument, "key.not_a_key", "the file holds no private key");
  }
  return parse_pem(trimmed, passphrase);
}

Result<PrivateKey> PrivateKey::adopt(Handle handle, std::string comment) {
  PublicKey public_key;
  OM_TRY_SET(public_key.algorithm, algorithm_of(handle.get()));
  OM_TRY_SET(public_key.blob, public_blob_of(handle.get(), public_key.algorithm));
  // It ends up in authorized_keys lines, one key a line.
  std::replace_if(
      comment.begin(), comment.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  public_key.comment = std::move(comment);
  if (!is_consistent(handle.get(), public_key.algorithm)) {
    return fail(Errc::invalid_argument, "key.damaged",
                "the private key is damaged: its two halves do not belong together");
  }
  return PrivateKey(std::move(handle), std::move(public_key));
}

Result<PrivateKey> PrivateKey::parse_openssh(std::string_view file, const Secret& passphrase) {
  OM_TRY_SET(OpensshKey read, read_openssh_key(file, passphrase));
  OM_TRY_SET(PrivateKey key, adopt(Handle(read.key.release()), std::move(read.comment)));
  if (key.public_.blob != read.public_blob) {
    return fail(Errc::invalid_argument, "key.damaged",
                "the private key is damaged: its public half is another key's");
  }
  return key;
}

Result<PrivateKey> PrivateKey::parse_pem(std::string_view file, const Secret& passphrase) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  PassphraseQuestion question{passphrase.reveal()};
  Handle handle(PEM_read_bio_PrivateKey(bio.get(), nullptr, &on_passphrase, &question));
  ERR_clear_error();
  if (handle) return adopt(std::move(handle), {});
  if (question.asked && passphrase.empty()) {
    return fail(Errc::unauthorized, "key.passphrase_needed",
                "this key is encrypted: give its passphrase");
  }
  if (question.asked) {
    return fail(Errc::unauthorized, "key.passphrase_wrong",
                "the passphrase does not open this key");
  }
  return fail(Errc::invalid_argument, "key.damaged",
              "the file is no private key that can be read; is it whole?");
}

Result<PrivateKey> PrivateKey::from_pkcs8(std::string_view der, std::string comment) {
  const auto* position = reinterpret_cast<const unsigned char*>(der.data());
  PKCS8_PRIV_KEY_INFO* info =
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &position, static_cast<long>(der.size()));
  Handle handle(info != nullptr ? EVP_PKCS82PKEY(info) : nullptr);
  PKCS8_PRIV_KEY_INFO_free(info);
  ERR_clear_error();
  if (!handle) {
    return fail(Errc::invalid_argument, "key.damaged", "the stored private key cannot be read");
  }
  return adopt(std::move(handle), std::move(comment));
}

Secret PrivateKey::to_pkcs8() const {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(handle_.get());
  OM_CHECK(info != nullptr);
  unsigned char* der = nullptr;
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  PKCS8_PRIV_KEY_INFO_free(info);
  OM_CHECK(length > 0);
  Secret secret(std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(length)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(length));
  return secret;
}

Result<std::string> PrivateKey::sign(const std::string& algorithm, std::string_view data) const {
  return signature_of(handle_.get(), public_.algorithm, algorithm, data);
}

}  // namespace om::keys
