// SPDX-License-Identifier: MIT
//
// The translation between OpenSSL's parameters and SSH's fields.
#include "keys/evp_key.h"

#include <array>
#include <cstdint>
#include <optional>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

struct Free {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

struct Curve {
  std::string_view algorithm;
  std::string_view ssh_name;
  const char* openssl_name;
  const EVP_MD* (*digest)();
  std::size_t field_bytes;
};
constexpr std::array kCurves = {
    Curve{"ecdsa-sha2-nistp256", "nistp256", "prime256v1", &EVP_sha256, 32},
    Curve{"ecdsa-sha2-nistp384", "nistp384", "secp384r1", &EVP_sha384, 48},
    Curve{"ecdsa-sha2-nistp521", "nistp521", "secp521r1", &EVP_sha512, 66},
};

const Curve* curve_of(std::string_view algorithm) {
  for (const Curve& curve : kCurves) {
    if (curve.algorithm == algorithm) return &curve;
  }
  return nullptr;
}

/// OpenSSL keeps an error queue for each thread: what failed here must not be found by others.
Error openssl_failure(std::string_view reason, std::string message) {
  ERR_clear_error();
  return fail(Errc::invalid_argument, reason, std::move(message));
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Owned<BIGNUM> number_from(std::string_view big_endian) {
  // Longer than any key's: refused before OpenSSL starts to calculate.
  if (big_endian.size() > 2048 + 1) return nullptr;
  return Owned<BIGNUM>(BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

EvpKey key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return EvpKey(key);
}

Owned<BIGNUM> number_of(EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) return nullptr;
  return Owned<BIGNUM>(number);
}

std::string bytes_of(const BIGNUM* number) {
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string padded_bytes_of(const BIGNUM* number, std::size_t size) {
  std::string bytes(size, '\0');
  if (BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) <
      0) {
    return {};
  }
  return bytes;
}

/// Null for ed25519, which hashes by itself; nothing for an algorithm that does not fit the key.
std::optional<const EVP_MD*> digest_for(const std::string& key_algorithm,
                                        const std::string& algorithm) {
  if (key_algorithm == "ssh-rsa") {
    if (algorithm == "rsa-sha2-512") return EVP_sha512();
    if (algorithm == "rsa-sha2-256") return EVP_sha256();
    if (algorithm == "ssh-rsa") return EVP_sha1();
    return std::nullopt;
  }
  if (algorithm != key_algorithm) return std::nullopt;
  if (const Curve* curve = curve_of(key_algorithm)) return curve->digest();
  return nullptr;
}

/// ECDSA's DER as the pair of numbers that SSH wants.
std::string ssh_form(std::string_view der) {
  const unsigned char* position = octets(der);
  const Owned<ECDSA_SIG> signature(
      d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())));
  if (!signature) return {};
  std::string form;
  ssh::append_mpint(form, bytes_of(ECDSA_SIG_get0_r(signature.get())));
  ssh::append_mpint(form, bytes_of(ECDSA_SIG_get0_s(signature.get())));
  return form;
}

/// As OpenSSL gives it.
std::optional<std::string> raw_signature(EVP_PKEY* key, const EVP_MD* digest,
                                         std::string_view data) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::size_t length = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, octets(data), data.size()) != 1) {
    return std::nullopt;
  }
  std::string signature(length, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     octets(data), data.size()) != 1) {
    return std::nullopt;
  }
  signature.resize(length);
  return signature;
}

}  // namespace

EvpKey ed25519_key(std::string_view seed) {
  EvpKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed), seed.size()));
  if (!key) ERR_clear_error();
  return key;
}

EvpKey ecdsa_key(std::string_view algorithm, std::string_view point, std::string_view secret) {
  const Curve* curve = curve_of(algorithm);
  if (curve == nullptr) return nullptr;
  const Owned<BIGNUM> number = number_from(secret);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!number || !builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      curve->openssl_name, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return key_from("EC", builder.get());
}

EvpKey rsa_key(const RsaNumbers& numbers) {
  const Owned<BIGNUM> n = number_from(numbers.n);
  const Owned<BIGNUM> e = number_from(numbers.e);
  const Owned<BIGNUM> d = number_from(numbers.d);
  const Owned<BIGNUM> p = number_from(numbers.p);
  const Owned<BIGNUM> q = number_from(numbers.q);
  const Owned<BIGNUM> iqmp = number_from(numbers.iqmp);
  if (!n || !e || !d || !p || !q || !iqmp || BN_is_zero(p.get()) || BN_is_zero(q.get())) {
    return nullptr;
  }
  // OpenSSH leaves out d mod (p-1) and d mod (q-1).
  const Owned<BIGNUM> dp(BN_new());
  const Owned<BIGNUM> dq(BN_new());
  const Owned<BIGNUM> less_one(BN_dup(p.get()));
  BN_CTX* context = BN_CTX_new();
  const bool calculated = BN_sub_word(less_one.get(), 1) == 1 && !BN_is_zero(less_one.get()) &&
                          BN_mod(dp.get(), d.get(), less_one.get(), context) == 1 &&
                          BN_copy(less_one.get(), q.get()) != nullptr &&
                          BN_sub_word(less_one.get(), 1) == 1 && !BN_is_zero(less_one.get()) &&
                          BN_mod(dq.get(), d.get(), less_one.get(), context) == 1;
  BN_CTX_free(context);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!calculated || !builder) {
    ERR_clear_error();
    return nullptr;
  }
  const std::pair<const char*, const BIGNUM*> fields[] = {
      {OSSL_PKEY_PARAM_RSA_N, n.get()},          {OSSL_PKEY_PARAM_RSA_E, e.get()},
      {OSSL_PKEY_PARAM_RSA_D, d.get()},          {OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, iqmp.get()},
  };
  for (const auto& [name, number] : fields) {
    if (OSSL_PARAM_BLD_push_BN(builder.get(), name, number) != 1) return nullptr;
  }
  return key_from("RSA", builder.get());
}

bool is_ecdsa_point(std::string_view algorithm, std::string_view point) {
  const Curve* curve = curve_of(algorithm);
  if (curve == nullptr || !point.starts_with('\x04')) return false;
  // Made once: a group costs fifty times what a point does, and a file has thousands of them.
  static const std::array groups = [] {
    std::array<EC_GROUP*, kCurves.size()> made{};
    for (std::size_t i = 0; i < kCurves.size(); ++i) {
      made[i] = EC_GROUP_new_by_curve_name(OBJ_sn2nid(kCurves[i].openssl_name));
      OM_CHECK(made[i] != nullptr);
    }
    return made;
  }();
  const EC_GROUP* group = groups[static_cast<std::size_t>(curve - kCurves.data())];
  const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> made(EC_POINT_new(group),
                                                                 &EC_POINT_free);
  const bool is_on_it =
      EC_POINT_oct2point(group, made.get(), octets(point), point.size(), nullptr) == 1;
  ERR_clear_error();
  return is_on_it;
}

Result<std::string> algorithm_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return std::string("ssh-ed25519");
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < 1024 || EVP_PKEY_get_bits(key) > 16384) {
        return openssl_failure("key.unsupported",
                               "an RSA key must have 1024 to 16384 bits, and should have 3072");
      }
      return std::string("ssh-rsa");
    case EVP_PKEY_EC: {
      char name[64] = {};
      std::size_t length = 0;
      if (EVP_PKEY_get_group_name(key, name, sizeof name, &length) == 1) {
        for (const Curve& curve : kCurves) {
          if (curve.openssl_name == std::string_view(name, length)) {
            return std::string(curve.algorithm);
          }
        }
      }
      return openssl_failure("key.unsupported",
                             "an ECDSA key must be on the curve nistp256, nistp384 or nistp521");
    }
    default:
      return openssl_failure("key.unsupported",
                             "this type of key cannot be used; ed25519, ECDSA and RSA can");
  }
}

Result<std::string> public_blob_of(EVP_PKEY* key, const std::string& algorithm) {
  const auto failure = [] {
    return openssl_failure("key.damaged", "the key's public half cannot be read");
  };
  std::string blob;
  ssh::append_string(blob, algorithm);
  if (algorithm == "ssh-ed25519") {
    std::string point(32, '\0');
    std::size_t length = point.size();
    if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(point.data()), &length) !=
        1) {
      return failure();
    }
    ssh::append_string(blob, point);
    return blob;
  }
  if (const Curve* curve = curve_of(algorithm)) {
    const Owned<BIGNUM> x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X);
    const Owned<BIGNUM> y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y);
    if (!x || !y) return failure();
    ssh::append_string(blob, curve->ssh_name);
    ssh::append_string(blob, '\x04' + padded_bytes_of(x.get(), curve->field_bytes) +
                                 padded_bytes_of(y.get(), curve->field_bytes));
    return blob;
  }
  const Owned<BIGNUM> e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  const Owned<BIGNUM> n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  if (!e || !n) return failure();
  ssh::append_mpint(blob, bytes_of(e.get()));
  ssh::append_mpint(blob, bytes_of(n.get()));
  return blob;
}

Result<std::string> signature_of(EVP_PKEY* key, const std::string& key_algorithm,
                                 const std::string& algorithm, std::string_view data) {
  const auto digest = digest_for(key_algorithm, algorithm);
  if (!digest) {
    return fail(Errc::invalid_argument, "key.unsupported",
                "a key of type " + key_algorithm + " cannot sign with '" + algorithm + "'");
  }
  const auto raw = raw_signature(key, *digest, data);
  std::string signature;
  if (raw) signature = curve_of(key_algorithm) != nullptr ? ssh_form(*raw) : *raw;
  if (signature.empty()) return openssl_failure("key.damaged", "the key cannot sign");
  return signature;
}

bool is_consistent(EVP_PKEY* key, const std::string& algorithm) {
  constexpr std::string_view kProbe = "do these halves belong together";
  const auto digest = digest_for(algorithm, algorithm == "ssh-rsa" ? "rsa-sha2-256" : algorithm);
  if (!digest) return false;
  const auto signature = raw_signature(key, *digest, kProbe);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool consistent =
      signature && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, *digest, nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), octets(*signature), signature->size(), octets(kProbe),
                       kProbe.size()) == 1;
  ERR_clear_error();
  return consistent;
}

}  // namespace om::keys
