// SPDX-License-Identifier: MIT
//
// PrivateKey: a private key ready to sign, read from any format that people have: OpenSSH's
// (openssh-key-v1) and PEM (PKCS#1, PKCS#8, SEC1), encrypted or not; ed25519, ECDSA on the three
// NIST curves, RSA. Value-like but shared rather than copied; immutable, any thread. The bytes are
// parsed once and not kept. Reading a hostile or broken file fails with a reason, never more:
// key.not_a_key, key.is_public, key.passphrase_needed, key.passphrase_wrong, key.unsupported,
// key.damaged.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "om/base/result.h"
#include "om/base/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace om::keys {

/// The public half, as it is shown, stored and offered.
struct PublicKey {
  std::string algorithm;  ///< "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"
  std::string blob;       ///< SSH wire form
  std::string comment;

  /// "SHA256:..." as ssh-keygen -l prints it.
  std::string fingerprint() const;
  /// "ssh-ed25519 AAAA... comment"
  std::string authorized_keys_line() const;
};

/// "SHA256:..." of a wire-form public key.
std::string fingerprint_of(std::string_view blob);

class PrivateKey {
 public:
  /// From the text of a key file. An empty passphrase means there is none. Takes up to seconds of
  /// CPU for an encrypted key (bcrypt): not on a reactor's thread.
  static Result<PrivateKey> parse(std::string_view file, const Secret& passphrase);
  /// From what to_pkcs8() gave.
  static Result<PrivateKey> from_pkcs8(std::string_view der, std::string comment);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  const PublicKey& public_key() const { return public_; }
  /// Unencrypted PKCS#8: for sealing, and for nothing else.
  Secret to_pkcs8() const;
  /// The signature as ssh::Signer::Answer describes it. `algorithm` is the key's own, or for RSA
  /// rsa-sha2-512, rsa-sha2-256 or (servers older than OpenSSH 7.2) ssh-rsa.
  Result<std::string> sign(const std::string& algorithm, std::string_view data) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  PrivateKey(Handle handle, PublicKey public_key);
  static Result<PrivateKey> adopt(Handle handle, std::string comment);
  static Result<PrivateKey> parse_openssh(std::string_view file, const Secret& passphrase);
  static Result<PrivateKey> parse_pem(std::string_view file, const Secret& passphrase);

  Handle handle_;
  PublicKey public_;
};

}  // namespace om::keys
