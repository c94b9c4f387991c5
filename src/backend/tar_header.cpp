// SPDX-License-Identifier: MIT
#include "backend/tar_header.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/core.h>

namespace om::backend {
namespace {

constexpr std::size_t kNameBytes = 100;
constexpr std::int64_t kMostOctal = 077777777777;  // eleven digits

struct Fields {
  std::string_view name;
  std::string_view link_target;
  std::uint32_t mode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t mtime_s = 0;
  char type = '0';
};

void put(std::string& block, std::size_t at, std::string_view text) {
  std::memcpy(block.data() + at, text.data(), text.size());
}

/// Eleven octal digits, or GNU's base 256.
void put_number(std::string& block, std::size_t at, std::int64_t number) {
  if (number >= 0 && number <= kMostOctal) {
    put(block, at, fmt::format("{:011o}", number));
    return;
  }
  auto bits = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < 8; ++i, bits >>= 8) {
    block[at + 11 - i] = static_cast<char>(bits & 0xff);
  }
  for (std::size_t i = 1; i < 4; ++i) block[at + i] = number < 0 ? '\xff' : '\0';
  block[at] = number < 0 ? '\xff' : '\x80';
}

std::string one_block(const Fields& fields) {
  std::string block(kTarBlockBytes, '\0');
  put(block, 0, fields.name.substr(0, kNameBytes));
  put(block, 100, fmt::format("{:07o}", fields.mode & 07777U));
  put(block, 108, "0000000");  // owner and group
  put(block, 116, "0000000");
  put_number(block, 124, fields.size_bytes);
  put_number(block, 136, fields.mtime_s);
  put(block, 148, "        ");
  block[156] = fields.type;
  put(block, 157, fields.link_target.substr(0, kNameBytes));
  put(block, 257, "ustar  ");  // GNU's magic and version, with their NUL
  unsigned int sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(block, 148, fmt::format("{:06o}", sum));
  block[154] = '\0';
  return block;
}

/// A member whose content is the next one's name (L) or link target (K).
std::string long_text(char type, std::string_view text) {
  Fields fields;
  fields.name = "././@LongLink";
  fields.type = type;
  fields.size_bytes = static_cast<std::int64_t>(text.size()) + 1;
  std::string blocks = one_block(fields);
  blocks += text;
  blocks += '\0';
  blocks.append(static_cast<std::size_t>(tar_padding(fields.size_bytes)), '\0');
  return blocks;
}

}  // namespace

std::string tar_header(const TarMember& member) {
  // A name that begins with a dash or looks like anything else is only a name after "./".
  const std::string name = "./" + member.path;
  std::string header;
  if (member.link_target.size() > kNameBytes) header += long_text('K', member.link_target);
  if (name.size() > kNameBytes) header += long_text('L', name);
  Fields fields;
  fields.name = name;
  fields.link_target = member.link_target;
  fields.mode = member.mode;
  fields.mtime_s = member.mtime_s;
  if (member.type == TarMember::Type::symlink) {
    fields.type = '2';
  } else {
    fields.size_bytes = member.size_bytes;
  }
  return header + one_block(fields);
}

std::int64_t tar_padding(std::int64_t size_bytes) {
  return (kTarBlockBytes - size_bytes % kTarBlockBytes) % kTarBlockBytes;
}

}  // namespace om::backend
