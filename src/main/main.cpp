// SPDX-License-Identifier: MIT
//
// The program's entry: reads the command line and calls the command that it names.
#include <iostream>

#include "main/client.h"
#include "main/command_line.h"
#include "main/commands/commands.h"

#include "om/base/log.h"

namespace om::main {
namespace {

/// The commands that ask a controller, wherever it runs.
class Asking {
 public:
  Asking(Client& client, const Global& global) : client_(client), global_(global) {}
  Result<int> operator()(const TokenCreateCommand& command) const {
    return create_token(client_, command, global_);
  }
  Result<int> operator()(const UserLinkCommand& command) const {
    return create_link(client_, command, global_);
  }
  Result<int> operator()(const KeyAddCommand& command) const {
    return add_key(client_, command, global_);
  }
  Result<int> operator()(const CredentialAddCommand& command) const {
    return add_credential(client_, command, global_);
  }
  Result<int> operator()(const AppAddCommand& command) const {
    return add_app(client_, command, global_);
  }
  Result<int> operator()(const HostAddCommand& command) const {
    return add_host(client_, command, global_);
  }
  Result<int> operator()(const HostImportCommand& command) const {
    return import_hosts(client_, command, global_);
  }
  Result<int> operator()(const HostImportSshCommand& command) const {
    return import_ssh_hosts(client_, command, global_);
  }
  Result<int> operator()(const ListCommand& command) const {
    return list(client_, command, global_);
  }
  Result<int> operator()(const HostKeyListCommand& command) const {
    return list_host_keys(client_, command, global_);
  }
  Result<int> operator()(const HostKeyAcceptCommand& command) const {
    return accept_host_keys(client_, command, global_);
  }
  Result<int> operator()(const HostKeyRejectCommand& command) const {
    return reject_host_keys(client_, command, global_);
  }
  Result<int> operator()(const HostKeyForgetCommand& command) const {
    return forget_host_keys(client_, command, global_);
  }
  Result<int> operator()(const HostKeyImportCommand& command) const {
    return import_host_keys(client_, command, global_);
  }
  Result<int> operator()(const CopyCommand& command) const {
    return copy_files(client_, command, global_);
  }
  Result<int> operator()(const RunCommand& command) const {
    return run_module(client_, command, global_);
  }
  Result<int> operator()(const KeyShowCommand& command) const {
    return show_key(client_, command, global_);
  }
  Result<int> operator()(const CheckCommand& command) const {
    return check_hosts(client_, command, global_);
  }
  Result<int> operator()(const RunsCommand& command) const {
    return control_run(client_, command, global_);
  }
  Result<int> operator()(const RetryCommand& command) const {
    return retry_run(client_, command, global_);
  }
  template <class Other>
  Result<int> operator()(const Other&) const {
    return fail(Errc::internal, "", "not a command that asks a controller");
  }

 private:
  Client& client_;
  const Global& global_;
};

Result<int> ask(const CommandLine& line) {
  const SystemClock clock;
  OM_TRY_SET(const std::unique_ptr<Client> client, Client::connect(line, clock));
  return std::visit(Asking(*client, line.global), line.command);
}

int run(int argc, char** argv) {
  int exit_code = kOk;
  const std::optional<CommandLine> line = parse_command_line(argc, argv, exit_code);
  if (!line) return exit_code;
  log::set_level(line->global.log_level);
  if (const auto* command = std::get_if<VersionCommand>(&line->command))
    return version(*command, line->global);
  if (const auto* command = std::get_if<HealthcheckCommand>(&line->command))
    return healthcheck(*command);
  if (std::holds_alternative<ServeCommand>(line->command)) return serve(*line);
  const Result<int> status = ask(*line);
  if (status) return *status;
  std::cerr << "omserver: " << status.error().message << '\n';
  return kRefused;
}

}  // namespace
}  // namespace om::main

int main(int argc, char** argv) { return om::main::run(argc, argv); }
