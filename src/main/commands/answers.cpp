// SPDX-License-Identifier: MIT
#include "main/commands/answers.h"

#include <iostream>
#include <map>

#include <unistd.h>

#include "main/commands/commands.h"
#include "main/commands/following.h"

#include "om/base/text.h"

namespace om::main {
namespace {

/// Of hosts with the same answer; --json names them all.
constexpr std::size_t kNamesShown = 10;

struct Answer {
  std::string out;
  std::string err;
};

Result<std::string> read_stream(Client& client, const std::string& path, const char* stream) {
  api::Request request;
  request.entry = api::Entry::control;
  request.method = "GET";
  request.path = path;
  request.query.emplace_back("raw", stream);
  OM_TRY_SET(api::Response response, client.send(request));
  if (response.status != 200) return std::string();
  return std::move(response.body);
}

std::string headline(const api::Json& target) {
  std::string line = text::replace_all(target.at("outcome").get<std::string>(), "_", " ");
  if (target.at("exit_code").is_number() && target.at("exit_code") != 0) {
    line += " (exit " + target.at("exit_code").dump() + ")";
  }
  const std::string message = target.at("message").get<std::string>();
  if (!message.empty()) line += ": " + message;
  return line;
}

/// Terminal control of hostile output is taken out when somebody looks at it; a pipe gets the
/// bytes.
std::string for_terminal(const std::string& bytes) {
  if (::isatty(STDOUT_FILENO) != 1) return bytes;
  std::string safe;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 || c == '\n' || c == '\t') safe += c;
  }
  return safe;
}

void print_people(const std::vector<api::Json>& targets, const std::vector<Answer>& answers) {
  std::map<std::string, std::vector<std::size_t>> groups;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::string key = headline(targets[i]) + '\0' + answers[i].out + '\0' + answers[i].err;
    auto& group = groups[key];
    if (group.empty()) order.push_back(key);
    group.push_back(i);
  }
  for (const std::string& key : order) {
    const std::vector<std::size_t>& group = groups[key];
    std::string names;
    for (std::size_t n = 0; n < group.size() && n < kNamesShown; ++n) {
      names += (n == 0 ? "" : ", ") + targets[group[n]].at("host").get<std::string>();
    }
    if (group.size() > kNamesShown) {
      names += " and " + std::to_string(group.size() - kNamesShown) + " more";
    }
    std::cout << "== " << names << ": " << headline(targets[group[0]]) << "\n";
    const Answer& answer = answers[group[0]];
    const auto print_block = [](const std::string& bytes) {
      if (bytes.empty()) return;
      std::cout << for_terminal(bytes) << (bytes.back() == '\n' ? "" : "\n");
    };
    print_block(answer.out);
    print_block(answer.err);
  }
}

}  // namespace

Result<int> print_answers(Client& client, const std::string& path, const api::Json& run,
                          const Global& global) {
  OM_TRY_SET(const std::vector<api::Json> targets, read_targets(client, path));
  std::vector<Answer> answers;
  for (const api::Json& target : targets) {
    const std::string output =
        path + "/targets/" + target.at("host").get<std::string>() + "/output";
    Answer answer;
    if (target.at("stdout_bytes") != 0) {
      OM_TRY_SET(answer.out, read_stream(client, output, "stdout"));
    }
    if (target.at("stderr_bytes") != 0) {
      OM_TRY_SET(answer.err, read_stream(client, output, "stderr"));
    }
    answers.push_back(std::move(answer));
  }
  if (global.json) {
    api::Json list = api::Json::array();
    for (std::size_t i = 0; i < targets.size(); ++i) {
      api::Json target = targets[i];
      target["stdout"] = answers[i].out;
      target["stderr"] = answers[i].err;
      list.push_back(std::move(target));
    }
    std::cout << api::dump({{"run", run}, {"targets", list}}) << '\n';
  } else {
    print_people(targets, answers);
    std::cerr << "run " << run.at("id") << ": " << counts_line(run) << '\n';
  }
  return run.at("outcome") == "ok" ? kOk : kNotOk;
}

}  // namespace om::main
