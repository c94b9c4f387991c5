// SPDX-License-Identifier: MIT
//
// Big-endian lengths and the bytes behind them.
#include "om/ssh/wire_form.h"

namespace om::ssh {

std::string_view WireReader::bytes(std::size_t count) {
  if (count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t WireReader::byte() {
  const std::string_view taken = bytes(1);
  return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
}

std::uint32_t WireReader::u32() {
  std::uint32_t value = 0;
  for (const char c : bytes(4)) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

std::string_view WireReader::string() {
  const std::uint32_t length = u32();
  return bytes(length);
}

void append_u32(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

void append_string(std::string& to, std::string_view value) {
  append_u32(to, static_cast<std::uint32_t>(value.size()));
  to += value;
}

void append_mpint(std::string& to, std::string_view magnitude) {
  while (!magnitude.empty() && magnitude.front() == '\0') magnitude.remove_prefix(1);
  const bool looks_negative =
      !magnitude.empty() && (static_cast<std::uint8_t>(magnitude.front()) & 0x80) != 0;
  append_u32(to, static_cast<std::uint32_t>(magnitude.size() + (looks_negative ? 1 : 0)));
  if (looks_negative) to.push_back('\0');
  to += magnitude;
}

}  // namespace om::ssh
