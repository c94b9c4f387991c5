// SPDX-License-Identifier: MIT
//
// Behaviours: how a host of the farm answers. Chosen by the address that the client connects to:
// 127.OCTET.P.x, where P (the third octet) is the behaviour's parameter and the last two octets
// together its number. Values; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace om::peers {

enum class Behaviour {
  normal,
  hold,
  exit_three,
  flood_out,
  flood_err,
  every_second,
  rekey,
  wrong_key,
  hang_up_at_exchange,
  late_banner,
  refuse_login,
  hang_at_login,
  hang_at_open,
  hang_at_exec,
  half_open,
  cut,
  no_status,
  corrupt,
  silent,
  drip,
  banner_lines,
  reset,
  bad_length,
  nonsense,
};

struct BehaviourRow {
  Behaviour behaviour;
  int octet;  ///< the second of the address
  std::string_view name;
  std::string_view what;
};

/// By octet; addresses with an octet that is not here behave normally.
std::span<const BehaviourRow> behaviours();

/// What one address is like.
struct Role {
  Behaviour behaviour = Behaviour::normal;
  unsigned parameter = 0;  ///< third octet
  unsigned number = 0;     ///< third and fourth octet
};

/// `address` in host byte order.
Role role_of(std::uint32_t address);

}  // namespace om::peers
