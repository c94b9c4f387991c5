// SPDX-License-Identifier: MIT
//
// The commands: each makes API requests through a Client and prints what came, except serve, which
// is the controller. Return the exit status: 0, 1 (a target was not ok), 2 (refused, with one line
// on standard error).
#pragma once

#include "main/client.h"
#include "main/command_line.h"

namespace om::main {

inline constexpr int kOk = 0;
inline constexpr int kNotOk = 1;
inline constexpr int kRefused = 2;

int serve(const CommandLine& line);
int healthcheck(const HealthcheckCommand& command);
int version(const VersionCommand& command, const Global& global);

Result<int> create_token(Client& client, const TokenCreateCommand& command, const Global& global);
Result<int> create_link(Client& client, const UserLinkCommand& command, const Global& global);
Result<int> add_key(Client& client, const KeyAddCommand& command, const Global& global);
Result<int> add_credential(Client& client, const CredentialAddCommand& command,
                           const Global& global);
Result<int> add_app(Client& client, const AppAddCommand& command, const Global& global);
Result<int> add_host(Client& client, const HostAddCommand& command, const Global& global);
Result<int> import_hosts(Client& client, const HostImportCommand& command, const Global& global);
Result<int> import_ssh_hosts(Client& client, const HostImportSshCommand& command,
                             const Global& global);
Result<int> list(Client& client, const ListCommand& command, const Global& global);
Result<int> show_key(Client& client, const KeyShowCommand& command, const Global& global);
Result<int> check_hosts(Client& client, const CheckCommand& command, const Global& global);
Result<int> copy_files(Client& client, const CopyCommand& command, const Global& global);
Result<int> control_run(Client& client, const RunsCommand& command, const Global& global);
Result<int> retry_run(Client& client, const RetryCommand& command, const Global& global);
Result<int> run_module(Client& client, const RunCommand& command, const Global& global);

Result<int> list_host_keys(Client& client, const HostKeyListCommand& command, const Global& global);
Result<int> accept_host_keys(Client& client, const HostKeyAcceptCommand& command,
                             const Global& global);
Result<int> reject_host_keys(Client& client, const HostKeyRejectCommand& command,
                             const Global& global);
Result<int> forget_host_keys(Client& client, const HostKeyForgetCommand& command,
                             const Global& global);
Result<int> import_host_keys(Client& client, const HostKeyImportCommand& command,
                             const Global& global);

/// All of standard input, at most `max_bytes`.
Result<std::string> read_stdin(std::size_t max_bytes);

}  // namespace om::main
