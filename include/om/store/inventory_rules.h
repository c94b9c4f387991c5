// SPDX-License-Identifier: MIT
//
// What the inventory takes as a name, an address, a port. Pure functions, any thread. Names go into
// the original's list grammar (texts|values, ip*name), into URLs and into engines' inventories and
// command lines, so what one of those gives a meaning to is refused here, once. Fails with
// invalid_argument and says which character.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "om/base/result.h"
#include "om/model/inventory.h"

namespace om::store {

inline constexpr std::size_t kMaxNameBytes = 253;
inline constexpr std::uint16_t kSshPort = 22;

/// Categories, applications, tags, credentials: valid UTF-8 without , | * ' \ / ; line ends or
/// control, invisible and direction-changing characters, and without white space at the ends.
/// `what` is "category", "tag" ...
Result<void> check_label(std::string_view what, std::string_view name);
/// As a label, but also one word that begins with a letter, digit or _ and goes on with those or .
/// - : + = @ or anything beyond ASCII: host names are in paths of the API and in engines'
/// inventories.
Result<void> check_host_name(std::string_view name);
/// IPv4, IPv6 (a zone may follow: fe80::1%eth0) or a host name. Never begins with '-', never has
/// brackets.
Result<void> check_address(std::string_view address);
/// Where SSH listens.
struct Endpoint {
  std::string address;  ///< check_address takes it
  std::uint16_t port = kSshPort;
};
/// An address as people write it, with or without its port: ADDR, NAME:PORT, IPV4:PORT,
/// [IPV6]:PORT, [IPV6]. A bare IPv6 address has no port, whatever its end looks like. `port`: the
/// one given apart; another one in the address is inventory.two_ports.
Result<Endpoint> split_address(std::string_view written, std::optional<std::uint16_t> port);
/// A remote user: one word that does not begin with '-'.
Result<void> check_login(std::string_view what, std::string_view login);
/// Everything about a host that can be seen without the database. Errors begin with "host NAME: ".
Result<void> check_host(const Host& host);

/// `text` with every character that check_host_name would refuse left out; "host" when nothing
/// remains.
std::string clean_host_name(std::string_view text);

}  // namespace om::store
