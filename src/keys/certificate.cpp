// SPDX-License-Identifier: MIT
//
// Reading the wire form.
#include "om/keys/certificate.h"

#include <array>
#include <limits>

#include "om/base/crypto.h"
#include "om/base/text.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

constexpr std::string_view kSuffix = "-cert-v01@openssh.com";
constexpr std::uint32_t kUserCertificate = 1;
constexpr std::uint32_t kHostCertificate = 2;
constexpr std::size_t kLongestBlob = 64 * 1024;

struct KeyType {
  std::string_view algorithm;
  int fields;  ///< of the public key, behind its name
};
constexpr std::array kKeyTypes = {
    KeyType{"ssh-ed25519", 1},
    KeyType{"ecdsa-sha2-nistp256", 2},
    KeyType{"ecdsa-sha2-nistp384", 2},
    KeyType{"ecdsa-sha2-nistp521", 2},
    KeyType{"ssh-rsa", 2},
};

const KeyType* key_type_of(std::string_view certificate_algorithm) {
  for (const KeyType& type : kKeyTypes) {
    if (certificate_algorithm == std::string(type.algorithm) + std::string(kSuffix)) return &type;
  }
  return nullptr;
}

Error not_one(std::string message) {
  return fail(Errc::invalid_argument, "key.not_a_certificate", std::move(message));
}

std::uint64_t read_u64(ssh::WireReader& reader) {
  const std::uint64_t high = reader.u32();
  return high << 32 | reader.u32();
}

/// Seconds as milliseconds; what is too far away counts as never.
WallMs time_of(std::uint64_t seconds) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<WallMs>::max() / 1000);
  return seconds > kMost ? 0 : static_cast<WallMs>(seconds) * 1000;
}

}  // namespace

std::string Certificate::line() const { return algorithm + " " + crypto::base64(blob); }

bool is_certificate_algorithm(std::string_view algorithm) { return algorithm.ends_with(kSuffix); }

Result<Certificate> parse_certificate(std::string_view line) {
  line = text::trim(line);
  const auto words = text::split(line, ' ');
  if (words.size() < 2 || line.find('\n') != line.npos || !is_certificate_algorithm(words[0])) {
    return not_one("this is no certificate; give the line of the file that ends in -cert.pub");
  }
  const auto blob = crypto::from_base64(words[1]);
  if (!blob) return not_one("the certificate is damaged; is it whole?");
  OM_TRY_SET(Certificate certificate, certificate_from_blob(*blob));
  if (certificate.algorithm != words[0]) {
    return not_one("the certificate is damaged: it is of another type than it says");
  }
  return certificate;
}

Result<Certificate> certificate_from_blob(std::string_view blob) {
  if (blob.size() > kLongestBlob) return not_one("the certificate is too long");
  ssh::WireReader reader(blob);
  Certificate certificate;
  certificate.algorithm = reader.string();
  const KeyType* type = key_type_of(certificate.algorithm);
  if (type == nullptr) {
    return not_one(
        "the certificate is damaged, or of a type that is not supported; use one for an "
        "ed25519, ECDSA or RSA key");
  }
  reader.string();  // nonce
  ssh::append_string(certificate.key_blob, type->algorithm);
  for (int i = 0; i < type->fields; ++i) {
    ssh::append_string(certificate.key_blob, reader.string());
  }
  certificate.serial = read_u64(reader);
  const std::uint32_t whose = reader.u32();
  certificate.key_id = reader.string();
  ssh::WireReader principals(reader.string());
  while (principals.ok() && !principals.rest().empty()) {
    certificate.principals.emplace_back(principals.string());
  }
  certificate.valid_after_ms = time_of(read_u64(reader));
  certificate.valid_before_ms = time_of(read_u64(reader));
  reader.string();  // critical options
  reader.string();  // extensions
  reader.string();  // reserved
  reader.string();  // the authority's key
  reader.string();  // its signature
  if (!reader.ok() || !principals.ok() || !reader.rest().empty()) {
    return not_one("the certificate is damaged; is it whole?");
  }
  if (whose == kHostCertificate) {
    return fail(Errc::invalid_argument, "key.host_certificate",
                "this is a host's certificate; have the key signed for a user (ssh-keygen -s "
                "without -h)");
  }
  if (whose != kUserCertificate) return not_one("the certificate is damaged; is it whole?");
  certificate.blob = blob;
  return certificate;
}

}  // namespace om::keys
