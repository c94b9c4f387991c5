// SPDX-License-Identifier: MIT
//
// omserver run: starts a run, follows it, prints what every target answered. On a terminal a
// progress line lives on standard error; hosts with the same answer are shown once.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <iostream>
#include <map>

#include <unistd.h>

#include "main/commands/commands.h"

#include "om/base/clock.h"
#include "om/base/text.h"

namespace om::main {
namespace {

constexpr std::size_t kMaxSecretBytes = 1 << 20;
/// Of hosts with the same answer; --json names them all.
constexpr std::size_t kNamesShown = 10;

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

/// The counts of a run as one line: "37 hosts: 30 ok, 2 failed, 5 running".
std::string counts_line(const api::Json& run) {
  std::string line = std::to_string(run.at("total").get<std::int64_t>()) + " hosts:";
  for (const char* name : {"ok", "failed", "unreachable", "timed_out", "cancelled", "lost",
                           "skipped", "interrupted", "running", "waiting"}) {
    const std::int64_t count = run.at("counts").value(name, std::int64_t{0});
    if (count == 0) continue;
    line += (line.ends_with(':') ? " " : ", ") + std::to_string(count) + " " +
            text::replace_all(name, "_", " ");
  }
  return line;
}

/// A bar of `width` cells: # for finished targets, - for running ones.
std::string bar(const api::Json& run, std::size_t width) {
  const auto total = std::max<std::int64_t>(1, run.at("total").get<std::int64_t>());
  const auto running = run.at("counts").value("running", std::int64_t{0});
  const auto waiting = run.at("counts").value("waiting", std::int64_t{0});
  const auto cells = [&](std::int64_t n) {
    return static_cast<std::size_t>(n * static_cast<std::int64_t>(width) / total);
  };
  const std::size_t done = cells(total - running - waiting);
  const std::size_t doing = std::min(width - done, cells(running));
  return "[" + std::string(done, '#') + std::string(doing, '-') +
         std::string(width - done - doing, '.') + "]";
}

class Progress {
 public:
  void show(const api::Json& run) {
    if (!on_terminal_) return;
    std::cerr << "\r\033[K" << bar(run, 24) << " " << counts_line(run) << std::flush;
  }
  void clear() {
    if (on_terminal_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
};

volatile std::sig_atomic_t told_to_stop = 0;

/// Ctrl-C stops the run, with its processes on the hosts, instead of leaving it to itself; a second
/// one leaves.
void stop_on_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    if (told_to_stop != 0) ::_exit(kNotOk);
    told_to_stop = 1;
  };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

/// Reads the live stream to its end, or until somebody wants the run stopped. A cut stream is no
/// error: the caller looks at the run itself.
void follow(api::LiveStream& stream, Progress& progress, bool stopping) {
  std::string buffer;
  while (told_to_stop == 0 || stopping) {
    std::optional<std::string> bytes = stream.next(std::chrono::seconds(1));
    if (!bytes) return;
    buffer += *bytes;
    for (std::size_t end; (end = buffer.find("\n\n")) != std::string::npos;
         buffer.erase(0, end + 2)) {
      const std::string message = buffer.substr(0, end);
      const std::size_t data = message.find("data: ");
      if (message.find("event: end") != std::string::npos) return;
      if (data == std::string::npos) continue;
      const std::string_view line = std::string_view(message).substr(data + 6);
      const Result<api::Json> event = api::parse_json(line.substr(0, line.find('\n')));
      if (event && event->is_object() && event->contains("run")) progress.show(event->at("run"));
    }
  }
}

Result<api::Json> wait_for_end(Client& client, const std::string& path, Progress& progress) {
  bool stopping = false;
  for (;;) {
    api::Request watch;
    watch.entry = api::Entry::control;
    watch.method = "GET";
    watch.path = path + "/events";
    OM_TRY_SET(api::Response response, client.send(watch));
    if (response.stream) follow(*response.stream, progress, stopping);
    if (told_to_stop != 0 && !std::exchange(stopping, true)) {
      progress.clear();
      std::cerr << "stopping ..." << std::endl;
      OM_TRY_SET([[maybe_unused]] const api::Json cancelled, client.call("POST", path + "/cancel"));
      continue;
    }
    OM_TRY_SET(const api::Json answer, client.call("GET", path));
    if (answer.at("run").at("state") == "finished") {
      progress.clear();
      return answer.at("run");
    }
    // The stream was cut or refused: look again, slowly.
    ::usleep(200'000);
  }
}

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

Result<std::vector<api::Json>> read_targets(Client& client, const std::string& path) {
  std::vector<api::Json> all;
  int after = -1;
  for (;;) {
    api::Request request;
    request.entry = api::Entry::control;
    request.method = "GET";
    request.path = path + "/targets";
    request.query = {{"after", std::to_string(after)}, {"limit", "1000"}};
    OM_TRY_SET(const api::Response response, client.send(request));
    OM_TRY_SET(const api::Json page, api::parse_json(response.body));
    const api::Json& targets = page.at("targets");
    if (targets.empty()) return all;
    for (const api::Json& target : targets) all.push_back(target);
    after = targets.back().at("index").get<int>();
  }
}

std::string headline(const api::Json& target) {
  std::string line = text::replace_all(target.at("outcome").get<std::string>(), "_", " ");
  if (target.at("exit_code").is_number() && target.at("exit_code") != 0) {
    line += " (exit " + target.at("exit_code").dump() + ")";
  }
  const std::string message = target.at("message").get<std::string>();
  if (!message.empty() && target.at("outcome") != "ok") line += ": " + message;
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

Result<int> run_module(Client& client, const RunCommand& command, const Global& global) {
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
           {"timeout_s", command.timeout_s}}));
  const std::string path = "/api/v1/runs/" + started.at("run").at("id").dump();
  stop_on_signal();
  Progress progress;
  OM_TRY_SET(const api::Json run, wait_for_end(client, path, progress));
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
