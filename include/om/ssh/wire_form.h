// SPDX-License-Identifier: MIT
//
// SSH's data types (RFC 4251, section 5), read and written: what public keys, signatures and key
// files are made of. Pure, any thread. A reader never reads past its input: it fails once and for
// all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace om::ssh {

class WireReader {
 public:
  /// Requires: the bytes outlive what is read.
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  /// False once something was asked for that is not there; everything is 0 or empty from then on.
  bool ok() const { return ok_; }
  /// What has not been read.
  std::string_view rest() const { return rest_; }

  std::uint8_t byte();
  std::uint32_t u32();
  std::string_view bytes(std::size_t count);
  /// A length and that many bytes.
  std::string_view string();

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void append_u32(std::string& to, std::uint32_t value);
void append_string(std::string& to, std::string_view value);
/// A positive number from its big-endian bytes, leading zeros or not.
void append_mpint(std::string& to, std::string_view magnitude);

}  // namespace om::ssh
