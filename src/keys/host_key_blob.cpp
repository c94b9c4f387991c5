// SPDX-License-Identifier: MIT
//
// As OpenSSH's sshkey.c and glibc's b64_pton() do.
#include "keys/host_key_blob.h"

#include <algorithm>
#include <optional>

#include "keys/evp_key.h"

#include "om/base/crypto.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

/// OpenSSH's SSH_RSA_MINIMUM_MODULUS_SIZE and SSHBUF_MAX_BIGNUM.
constexpr std::size_t kLeastRsaBits = 1024;
constexpr std::size_t kLongestNumber = 16384 / 8;

constexpr std::string_view kCertificate = "-cert-v01@openssh.com";

/// White space does not count; padding must be all there, and nothing behind it.
std::optional<std::string> decode(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  const std::size_t end = std::min(digits.find('='), digits.size());
  const std::size_t padding = (4 - end % 4) % 4;
  if (padding == 3 || digits.substr(end) != std::string(padding, '=')) return std::nullopt;
  return crypto::from_base64(std::string_view(digits).substr(0, end));
}

std::size_t bits_of(std::string_view number) {
  if (number.empty()) return 0;
  std::size_t bits = number.size() * 8;
  for (int mask = 0x80; (static_cast<unsigned char>(number.front()) & mask) == 0; mask >>= 1)
    --bits;
  return bits;
}

/// A number without its leading zeros; fails the reader for a negative or an endless one.
std::optional<std::string_view> number_from(ssh::WireReader& reader) {
  std::string_view number = reader.string();
  if (!number.empty() && (static_cast<unsigned char>(number.front()) & 0x80) != 0) {
    return std::nullopt;
  }
  while (!number.empty() && number.front() == '\0') number.remove_prefix(1);
  if (!reader.ok() || number.size() > kLongestNumber) return std::nullopt;
  return number;
}

std::optional<std::string> numbers_key(std::string_view type, ssh::WireReader& reader, int count,
                                       std::size_t least_bits) {
  std::string blob;
  ssh::append_string(blob, type);
  std::size_t bits = 0;  // of the last one: RSA's modulus
  for (int i = 0; i < count; ++i) {
    const auto number = number_from(reader);
    if (!number) return std::nullopt;
    bits = bits_of(*number);
    ssh::append_mpint(blob, *number);
  }
  if (bits < least_bits) return std::nullopt;
  return blob;
}

bool is_curve_point(std::string_view algorithm, ssh::WireReader& reader) {
  const std::string_view curve = reader.string();
  const std::string_view point = reader.string();
  return reader.ok() && algorithm.ends_with(curve) && is_ecdsa_point(algorithm, point);
}

/// What follows the type in the blob, checked; the blob in its one form, or nothing.
std::optional<std::string> checked(std::string_view type, std::string_view blob) {
  ssh::WireReader reader(blob);
  if (reader.string() != type) return std::nullopt;
  std::optional<std::string> one_form = std::string(blob);
  if (type == "ssh-ed25519" || type == "sk-ssh-ed25519@openssh.com") {
    if (reader.string().size() != 32) return std::nullopt;
    if (type.starts_with("sk-")) reader.string();  // the application
  } else if (type.starts_with("ecdsa-sha2-")) {
    if (!is_curve_point(type, reader)) return std::nullopt;
  } else if (type == "sk-ecdsa-sha2-nistp256@openssh.com") {
    if (!is_curve_point("ecdsa-sha2-nistp256", reader)) return std::nullopt;
    reader.string();
  } else if (type == "ssh-rsa") {
    one_form = numbers_key(type, reader, 2, kLeastRsaBits);
  } else if (type == "ssh-dss") {
    one_form = numbers_key(type, reader, 4, 0);
  }
  if (!one_form || !reader.ok() || !reader.rest().empty()) return std::nullopt;
  return one_form;
}

bool is_known_type(std::string_view type) {
  const bool certified = type.ends_with(kCertificate);
  if (certified) type.remove_suffix(kCertificate.size());
  for (const std::string_view known : {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                                       "ecdsa-sha2-nistp521", "ssh-rsa", "ssh-dss"}) {
    if (type == known) return true;
  }
  return type == (certified ? "sk-ssh-ed25519" : "sk-ssh-ed25519@openssh.com") ||
         type == (certified ? "sk-ecdsa-sha2-nistp256" : "sk-ecdsa-sha2-nistp256@openssh.com");
}

}  // namespace

Result<HostKeyBlob> read_host_key_blob(std::string_view type, std::string_view base64) {
  const auto bad = [](std::string message) {
    return fail(Errc::invalid_argument, "hostkey.line", std::move(message));
  };
  // Names of signatures that stand for the one type of RSA keys.
  if (type == "rsa-sha2-256" || type == "rsa-sha2-512") type = "ssh-rsa";
  if (!is_known_type(type))
    return bad("a key type was expected where '" + std::string(type.substr(0, 40)) + "' is");
  const auto blob = decode(base64);
  if (!blob) return bad("the key is not base64, or is cut");
  if (ssh::WireReader(*blob).string() != type) return bad("the key is not of the type named");
  if (type.ends_with(kCertificate)) return HostKeyBlob{std::string(type), *blob};
  const auto one_form = checked(type, *blob);
  if (!one_form) return bad("the key is damaged");
  return HostKeyBlob{std::string(type), *one_form};
}

}  // namespace om::keys
