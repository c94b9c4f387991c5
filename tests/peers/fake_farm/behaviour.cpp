// SPDX-License-Identifier: MIT
#include "peers/fake_farm/behaviour.h"

#include <array>

namespace om::peers {
namespace {

using enum Behaviour;

constexpr std::array kRows = {
    BehaviourRow{normal, 1, "normal", "says 'I am ADDRESS' and ends with 0"},
    BehaviourRow{hold, 2, "hold", "begins, and ends with 0 after P tenths of a second"},
    BehaviourRow{exit_three, 3, "exit-3", "complains on stderr and ends with 3"},
    BehaviourRow{flood_out, 4, "flood-out", "P MiB on stdout"},
    BehaviourRow{flood_err, 5, "flood-err", "P MiB on stderr and nothing on stdout"},
    BehaviourRow{every_second, 6, "every-second", "answers the 2nd, 4th ... command only"},
    BehaviourRow{rekey, 7, "rekey", "P MiB on stdout, new keys after each MiB"},
    BehaviourRow{wrong_key, 10, "wrong-key", "shows another host key"},
    BehaviourRow{hang_up_at_exchange, 11, "hang-up-at-exchange", "closes in the key exchange"},
    BehaviourRow{late_banner, 12, "late-banner", "says nothing for P tenths of a second"},
    BehaviourRow{refuse_login, 13, "refuse-login", "takes no key"},
    BehaviourRow{hang_at_login, 14, "hang-at-login",
                 "says nothing more once it has offered a login"},
    BehaviourRow{hang_at_open, 15, "hang-at-open", "says nothing more after the login"},
    BehaviourRow{hang_at_exec, 16, "hang-at-exec", "says nothing more after opening a channel"},
    BehaviourRow{half_open, 17, "half-open", "says nothing more once the script has begun"},
    BehaviourRow{cut, 18, "cut", "closes the connection in the middle of the output"},
    BehaviourRow{no_status, 19, "no-status", "closes the channel without any status"},
    BehaviourRow{corrupt, 20, "corrupt", "inverts the byte NUMBER of what it sends"},
    BehaviourRow{silent, 30, "silent", "accepts and says nothing"},
    BehaviourRow{drip, 31, "drip", "sends its banner one byte a second"},
    BehaviourRow{banner_lines, 32, "banner-lines", "sends lines before its banner, for ever"},
    BehaviourRow{reset, 33, "reset", "resets the connection at once"},
    BehaviourRow{bad_length, 34, "bad-length",
                 "a first packet with an impossible length, by NUMBER"},
    BehaviourRow{nonsense, 35, "nonsense", "64 KiB of noise after its banner, by NUMBER"},
};

}  // namespace

std::span<const BehaviourRow> behaviours() { return kRows; }

Role role_of(std::uint32_t address) {
  Role role;
  const auto octet = static_cast<int>(address >> 16 & 0xff);
  for (const BehaviourRow& row : kRows) {
    if (row.octet == octet) role.behaviour = row.behaviour;
  }
  role.parameter = address >> 8 & 0xff;
  role.number = address & 0xffff;
  return role;
}

}  // namespace om::peers
