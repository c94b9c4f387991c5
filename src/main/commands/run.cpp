// SPDX-License-Identifier: MIT
//
// omserver run: starts a run, follows it, prints what every target answered.
#include <iostream>
#include <optional>

#include "main/commands/answers.h"
#include "main/commands/commands.h"
#include "main/commands/following.h"

#include "om/base/text.h"

namespace om::main {
namespace {

constexpr std::size_t kMaxSecretBytes = 1 << 20;

/// "N=-": the number, for a value that comes on standard input.
std::optional<int> stdin_parameter(const std::string& value) {
  if (value.size() < 3 || !value.ends_with("=-")) return std::nullopt;
  const std::optional<std::int64_t> number =
      text::parse_int(std::string_view(value).substr(0, value.size() - 2));
  if (!number || *number < 1 || *number > 64) return std::nullopt;
  return static_cast<int>(*number);
}

Result<api::Json> parameters_of(const RunCommand& command) {
  api::Json parameters = api::Json::object();
  bool stdin_used = false;
  int next = 1;
  for (const std::string& value : command.parameters) {
    const std::optional<int> number = stdin_parameter(value);
    if (!number) {
      parameters["sys_param_" + std::to_string(next++)] = value;
      continue;
    }
    if (std::exchange(stdin_used, true)) {
      return fail(Errc::invalid_argument, "cli.input",
                  "only one parameter can come from standard input");
    }
    OM_TRY_SET(std::string secret, read_stdin(kMaxSecretBytes));
    if (secret.ends_with('\n')) secret.pop_back();
    parameters["sys_param_" + std::to_string(*number)] = secret;
    next = *number + 1;
  }
  return parameters;
}

/// The field 'batches', or null.
api::Json batches_of(const BatchOptions& options) {
  if (options == BatchOptions()) return nullptr;
  return {{"size", options.size},
          {"canary", options.canary},
          {"max_failed", options.max_failed},
          {"pause", text::replace_all(options.pause, "-", "_")},
          {"order", options.order}};
}

}  // namespace

Result<int> run_module(Client& client, const RunCommand& command, const Global& global) {
  if (command.batches.pause != "never" && client.is_alone()) {
    return fail(Errc::invalid_argument, "cli.nobody_to_continue",
                "--pause needs a controller that runs (omserver serve): the one of this command "
                "ends with it, so nobody could let the run go on");
  }
  OM_TRY_SET(const api::Json parameters, parameters_of(command));
  OM_TRY_SET(
      const api::Json started,
      client.call(
          "POST", "/api/v1/runs",
          {{"module", command.module},
           {"select", {{"hosts", command.hosts}, {"apps", command.apps}, {"tags", command.tags}}},
           {"parameters", parameters},
           {"platform", command.platform},
           {"concurrency", command.concurrency},
           {"timeout_s", command.timeout_s},
           {"batches", batches_of(command.batches)}}));
  const std::string path = "/api/v1/runs/" + started.at("run").at("id").dump();
  OM_TRY_SET(const api::Json run, wait_for_end(client, path));
  return print_answers(client, path, run, global);
}

Result<int> control_run(Client& client, const RunsCommand& command, const Global& global) {
  const std::string path = "/api/v1/runs/" + std::to_string(command.run);
  OM_TRY_SET(const api::Json answer, client.call("POST", path + "/" + command.action));
  if (global.json) {
    std::cout << api::dump(answer) << '\n';
  } else {
    std::cerr << "run " << command.run << ": " << command.action << " asked for\n";
  }
  return kOk;
}

Result<int> retry_run(Client& client, const RetryCommand& command, const Global& global) {
  RunCommand secrets;
  for (const std::string& parameter : command.parameters) {
    if (!stdin_parameter(parameter)) {
      return fail(Errc::invalid_argument, "cli.input",
                  "a retry takes only secret parameters, from standard input: -p N=-");
    }
    secrets.parameters.push_back(parameter);
  }
  OM_TRY_SET(const api::Json parameters, parameters_of(secrets));
  OM_TRY_SET(const api::Json started,
             client.call("POST", "/api/v1/runs/" + std::to_string(command.run) + "/retry",
                         {{"outcomes", command.outcomes}, {"parameters", parameters}}));
  const std::string path = "/api/v1/runs/" + started.at("run").at("id").dump();
  OM_TRY_SET(const api::Json run, wait_for_end(client, path));
  return print_answers(client, path, run, global);
}

}  // namespace om::main
