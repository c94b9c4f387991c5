// SPDX-License-Identifier: MIT
//
// omserver check: whether a run would reach its hosts, and for each that it would not, why and a
// line to paste.
#include <algorithm>
#include <iostream>

#include "main/commands/commands.h"
#include "main/commands/following.h"

#include "om/base/text.h"

namespace om::main {
namespace {

std::string text_of(const api::Json& target, const char* name) {
  return target.at(name).get<std::string>();
}

void print_people(const std::vector<api::Json>& targets) {
  std::size_t width = 0;
  for (const api::Json& target : targets) width = std::max(width, text_of(target, "host").size());
  for (const api::Json& target : targets) {
    const std::string host = text_of(target, "host");
    std::cout << host << std::string(width - host.size() + 2, ' ');
    if (target.at("outcome") == "ok") {
      std::cout << "ready\n";
      continue;
    }
    std::cout << text::replace_all(text_of(target, "outcome"), "_", " ") << ": "
              << text_of(target, "message") << '\n';
    const std::string remedy = text_of(target, "remedy");
    if (!remedy.empty()) std::cout << std::string(width + 2, ' ') << "$ " << remedy << '\n';
  }
}

}  // namespace

Result<int> check_hosts(Client& client, const CheckCommand& command, const Global& global) {
  OM_TRY_SET(
      const api::Json started,
      client.call(
          "POST", "/api/v1/runs",
          {{"kind", "check"},
           {"select", {{"hosts", command.hosts}, {"apps", command.apps}, {"tags", command.tags}}},
           {"concurrency", command.concurrency}}));
  const std::string path = "/api/v1/runs/" + started.at("run").at("id").dump();
  OM_TRY_SET(const api::Json run, wait_for_end(client, path));
  OM_TRY_SET(const std::vector<api::Json> targets, read_targets(client, path));
  if (global.json) {
    std::cout << api::dump({{"run", run}, {"targets", targets}}) << '\n';
  } else {
    print_people(targets);
    const auto ready = run.at("counts").at("ok").get<std::size_t>();
    std::cerr << "run " << run.at("id") << ": " << targets.size() << " hosts: " << ready
              << " ready, " << targets.size() - ready << " not\n";
  }
  return run.at("outcome") == "ok" ? kOk : kNotOk;
}

}  // namespace om::main
