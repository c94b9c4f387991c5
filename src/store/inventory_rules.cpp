// SPDX-License-Identifier: MIT
#include "om/store/inventory_rules.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <string>

#include <arpa/inet.h>

#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::store {
namespace {

constexpr std::size_t kMaxNoteBytes = 4000;
constexpr std::size_t kMaxOsBytes = 100;
constexpr std::size_t kMaxLoginBytes = 64;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

/// The characters of valid UTF-8, one after another.
struct Character {
  char32_t code = 0;
  std::size_t size = 1;
};
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3fU);
  return {code, size};
}

/// Cannot be seen, or changes how its neighbours are seen.
bool is_unseen(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool is_space(char32_t c) {
  return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

std::string shown(char32_t code, std::string_view bytes) {
  if (!is_unseen(code) && !is_space(code)) return "'" + std::string(bytes) + "'";
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "U+%04X", static_cast<unsigned>(code));
  return buffer.data();
}

Error refused(std::string_view what, std::string_view why) {
  return fail(Errc::invalid_argument, "inventory.bad_value",
              std::string(what) + ": " + std::string(why));
}

Result<void> check_size(std::string_view what, std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return refused(what, "is longer than " + std::to_string(max_bytes) + " bytes");
  return {};
}

/// One line of text that can be read, without the characters of `forbidden`.
Result<void> check_line(std::string_view what, std::string_view text, std::size_t max_bytes,
                        std::string_view forbidden) {
  OM_TRY(check_size(what, text, max_bytes));
  if (!utf8::is_valid(text)) return refused(what, "is not UTF-8");
  for (std::size_t at = 0; at < text.size();) {
    const Character c = first_character(text.substr(at));
    if (is_unseen(c.code) || (c.code < 0x80 && is_one_of(text[at], forbidden)))
      return refused(what, "must not have " + shown(c.code, text.substr(at, c.size)));
    at += c.size;
  }
  return {};
}

constexpr std::string_view kHostPunctuation = "._-:+=@";

bool host_name_takes(Character c, char first_byte) {
  if (c.code < 0x80) return is_alnum(first_byte) || is_one_of(first_byte, kHostPunctuation);
  return !is_unseen(c.code) && !is_space(c.code);
}
bool host_name_begins(Character c, char first_byte) {
  return host_name_takes(c, first_byte) &&
         (c.code >= 0x80 || is_alnum(first_byte) || first_byte == '_');
}

bool is_ipv4(std::string_view text) {
  in_addr parsed{};
  return inet_pton(AF_INET, std::string(text).c_str(), &parsed) == 1;
}

bool is_ipv6(std::string_view text) {
  const auto percent = text.find('%');
  if (percent != std::string_view::npos) {
    const std::string_view zone = text.substr(percent + 1);
    if (zone.empty() || zone.size() > 15) return false;
    for (const char c : zone)
      if (!is_alnum(c) && !is_one_of(c, "._-")) return false;
    text = text.substr(0, percent);
  }
  in6_addr parsed{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &parsed) == 1;
}

bool is_label_of_dns(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
    return false;
  for (const char c : label)
    if (!is_alnum(c) && c != '-' && c != '_') return false;
  return true;
}

Result<void> check_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  const auto labels = text::split(name, '.');
  for (const std::string_view label : labels)
    if (!is_label_of_dns(label))
      return refused("address", "'" + std::string(label) + "' is no part of a host name");
  // 10.0.0.256 is a slip, not a name.
  for (const char c : labels.back())
    if (!is_digit(c)) return {};
  return refused("address", "is neither an IP address nor a host name");
}

Result<void> check_word(std::string_view what, std::string_view word, std::string_view punctuation,
                        std::size_t max_bytes) {
  OM_TRY(check_size(what, word, max_bytes));
  if (word.starts_with('-')) return refused(what, "must not begin with '-'");
  for (const char c : word)
    if (!is_alnum(c) && !is_one_of(c, punctuation))
      return refused(what, is_ascii(c) ? "must not have " + shown(static_cast<unsigned char>(c),
                                                                  std::string_view(&c, 1))
                                       : "takes ASCII only");
  return {};
}

Result<void> check_note(std::string_view note) {
  OM_TRY(check_size("note", note, kMaxNoteBytes));
  if (!utf8::is_valid(note)) return refused("note", "is not UTF-8");
  for (const char c : note)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
      return refused("note", "must not have control characters");
  return {};
}

Result<void> check_fields(const Host& host) {
  OM_TRY(check_address(host.address));
  if (host.port == 0) return refused("port", "must be 1 to 65535");
  if (!host.login.empty()) OM_TRY(check_login("login", host.login));
  if (!host.become.empty()) OM_TRY(check_login("become", host.become));
  if (!host.credential.empty()) OM_TRY(check_label("key", host.credential));
  if (!host.become_credential.empty())
    OM_TRY(check_label("become_password", host.become_credential));
  if (!host.jump.empty()) {
    if (auto jump = check_host_name(host.jump); !jump) return jump.error().within("jump");
    if (host.jump == host.name) return refused("jump", "is the host itself");
  }
  OM_TRY(check_line("os", host.os, kMaxOsBytes, "|*'\\"));
  if (!host.address_public.empty())
    if (auto address = check_address(host.address_public); !address)
      return address.error().within("public");
  OM_TRY(check_word("encoding", host.encoding, "._:-", 40));
  OM_TRY(check_word("host_key_alias", host.host_key_alias, "._:-[]%", kMaxNameBytes));
  OM_TRY(check_word("minion_id", host.minion_id, "._:@-", kMaxNameBytes));
  OM_TRY(check_note(host.note));
  for (const std::string& tag : host.tags) OM_TRY(check_label("tag", tag));
  return {};
}

}  // namespace

Result<void> check_label(std::string_view what, std::string_view name) {
  if (name.empty()) return refused(what, "must not be empty");
  OM_TRY(check_line(what, name, kMaxNameBytes, ",|*'\\/;"));
  if (is_space(first_character(name).code) || name.back() == ' ')
    return refused(what, "must not begin or end with a space");
  if (name.front() == '-') return refused(what, "must not begin with '-'");
  return {};
}

Result<void> check_host_name(std::string_view name) {
  constexpr std::string_view kWhat = "name";
  if (name.empty()) return refused(kWhat, "must not be empty");
  OM_TRY(check_size(kWhat, name, kMaxNameBytes));
  if (!utf8::is_valid(name)) return refused(kWhat, "is not UTF-8");
  for (std::size_t at = 0; at < name.size();) {
    const Character c = first_character(name.substr(at));
    if (!host_name_takes(c, name[at]))
      return refused(kWhat, "must not have " + shown(c.code, name.substr(at, c.size)));
    if (at == 0 && !host_name_begins(c, name[at]))
      return refused(kWhat, "must begin with a letter, a digit or _");
    at += c.size;
  }
  return {};
}

Result<void> check_address(std::string_view address) {
  if (address.empty()) return refused("address", "must not be empty");
  OM_TRY(check_size("address", address, kMaxNameBytes));
  if (address.find('\0') != std::string_view::npos)
    return refused("address", "must not have a NUL byte");
  if (is_ipv4(address) || is_ipv6(address)) return {};
  if (address.front() == '[') return refused("address", "goes without brackets, the port apart");
  if (address.find(':') != std::string_view::npos)
    return refused("address", "is no IPv6 address; a port is given apart");
  for (const char c : address)
    if (!is_ascii(c))
      return refused("address", "takes ASCII only; write an international name as xn--...");
  return check_dns_name(address);
}

Result<Endpoint> split_address(std::string_view written, std::optional<std::uint16_t> port) {
  std::string_view address = written;
  std::optional<std::string_view> tail;
  const std::size_t colon = written.find(':');
  if (written.starts_with('[')) {
    const std::size_t close = written.find(']');
    if (close == std::string_view::npos || !is_ipv6(written.substr(1, close - 1)))
      return refused("address", "has brackets, but no IPv6 address in them; write [ADDR]:PORT");
    address = written.substr(1, close - 1);
    const std::string_view rest = written.substr(close + 1);
    if (!rest.empty() && rest.front() != ':')
      return refused("address", "has more than :PORT behind the brackets");
    if (!rest.empty()) tail = rest.substr(1);
  } else if (colon != std::string_view::npos && colon == written.rfind(':')) {
    address = written.substr(0, colon);
    tail = written.substr(colon + 1);
  }
  OM_TRY(check_address(address));
  if (!tail) return Endpoint{std::string(address), port.value_or(kSshPort)};
  std::uint16_t own = 0;
  const char* const end = tail->data() + tail->size();
  const auto [stop, wrong] = std::from_chars(tail->data(), end, own);
  if (wrong != std::errc() || stop != end || own == 0)
    return refused("address", "the port behind the colon must be 1 to 65535");
  if (port && *port != own) {
    return fail(Errc::invalid_argument, "inventory.two_ports",
                "address '" + std::string(written) + "' has port " + std::to_string(own) +
                    ", but port is " + std::to_string(*port) + "; give one of them");
  }
  return Endpoint{std::string(address), own};
}

Result<void> check_login(std::string_view what, std::string_view login) {
  if (login.empty()) return refused(what, "must not be empty");
  return check_word(what, login, "._-@+$\\", kMaxLoginBytes);
}

Result<void> check_host(const Host& host) {
  // A name that is refused is not repeated: it may hold anything.
  if (auto name = check_host_name(host.name); !name) return name.error().within("host");
  if (auto fields = check_fields(host); !fields) return fields.error().within("host " + host.name);
  return {};
}

std::string clean_host_name(std::string_view text) {
  std::string name;
  const std::string valid = utf8::decode_lossy(text);
  std::string_view rest = valid;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    if (c.code != 0xfffd &&
        (name.empty() ? host_name_begins(c, rest[0]) : host_name_takes(c, rest[0])))
      name.append(rest.substr(0, c.size));
    rest.remove_prefix(c.size);
  }
  name.resize(utf8::prefix(name, kMaxNameBytes).size());
  return name.empty() ? "host" : name;
}

}  // namespace om::store
