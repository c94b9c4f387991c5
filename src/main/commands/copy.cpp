// SPDX-License-Identifier: MIT
//
// omserver copy: brings a file or folder of this machine to hosts and prints what came of it.
#include <filesystem>
#include <system_error>

#include "main/commands/answers.h"
#include "main/commands/commands.h"
#include "main/commands/following.h"

namespace om::main {

Result<int> copy_files(Client& client, const CopyCommand& command, const Global& global) {
  std::string source = command.source;
  if (global.url.empty()) {
    // The controller has another working folder than we do.
    std::error_code error;
    source = std::filesystem::absolute(source, error).lexically_normal().string();
    if (error) return fail(Errc::io, "cli.input", command.source + ": " + error.message());
  }
  OM_TRY_SET(
      const api::Json started,
      client.call(
          "POST", "/api/v1/runs",
          {{"kind", "copy"},
           {"select", {{"hosts", command.hosts}, {"apps", command.apps}, {"tags", command.tags}}},
           {"copy",
            {{"source", source},
             {"destination", command.destination},
             {"mode", command.mode},
             {"owner", command.owner},
             {"command", command.command}}},
           {"concurrency", command.concurrency},
           {"timeout_s", command.timeout_s}}));
  const std::string path = "/api/v1/runs/" + started.at("run").at("id").dump();
  OM_TRY_SET(const api::Json run, wait_for_end(client, path));
  return print_answers(client, path, run, global);
}

}  // namespace om::main
