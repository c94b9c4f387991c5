// SPDX-License-Identifier: MIT
//
// What the OpenSSH client would do for a name: `ssh -G NAME`, which reads ssh_config with all its
// rules, and the names that a config file gives hosts. The parsers are pure; ask_ssh() runs the
// real client (no shell, ten seconds at most) and blocks: main's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"

namespace om::main {

/// One hop of ProxyJump: what is empty or 0 is up to the settings of `name`.
struct SshHop {
  std::string name;
  std::string login;
  std::uint16_t port = 0;
};

struct SshSettings {
  std::string address;
  std::uint16_t port = 22;
  std::string login;
  std::vector<SshHop> jumps;  ///< from here to there
  std::string host_key_alias;
  std::string proxy_command;                ///< empty: none
  std::vector<std::string> identity_files;  ///< as written: may begin with ~/, need not exist
};

/// Refuses what ssh would take for an option or a pattern, or what is no name at all.
Result<void> check_ssh_name(std::string_view name);
/// "user@host:port,[::1]:22" as ssh -G prints it.
Result<std::vector<SshHop>> parse_proxy_jump(std::string_view text);
/// What `ssh -G` has printed.
Result<SshSettings> parse_ssh_settings(std::string_view text);
/// The names on the Host lines of a config file that are no patterns, each once, in their order.
std::vector<std::string> host_names_in(std::string_view config);

/// `config`: another file than ~/.ssh/config and /etc/ssh/ssh_config, or empty. Requires:
/// check_ssh_name.
Result<SshSettings> ask_ssh(const std::string& name, const std::string& config);

}  // namespace om::main
