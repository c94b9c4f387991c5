// SPDX-License-Identifier: MIT
#include "main/commands/following.h"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <utility>

#include <unistd.h>

#include "main/commands/commands.h"

#include "om/base/clock.h"
#include "om/base/text.h"

namespace om::main {
namespace {

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

/// "batch 2 of 5", or empty for a run that is one.
std::string batch_text(const api::Json& run) {
  const api::Json& batches = run.at("batches");
  if (!batches.is_object() || batches.at("count") == 1) return {};
  return "batch " + std::to_string(batches.at("current").get<int>() + 1) + " of " +
         batches.at("count").dump();
}

/// What is to be known of a run that starts nothing.
std::string pause_text(const api::Json& run) {
  const std::string id = run.at("id").dump();
  std::string text = "run " + id + " is paused";
  if (const std::string batch = batch_text(run); !batch.empty()) {
    text += (run.at("paused_reason") == "after_batch" ? " after " : " in ") + batch;
  }
  return text + ": omserver runs continue " + id + " lets it go on, omserver runs cancel " + id +
         " ends it";
}

class Progress {
 public:
  void show(const api::Json& run) {
    const bool paused = run.at("state") == "paused";
    if (paused != std::exchange(paused_, paused) && paused) {
      clear();
      std::cerr << pause_text(run) << std::endl;
    }
    if (!on_terminal_) return;
    std::string batch = batch_text(run);
    if (!batch.empty()) batch += ", ";
    std::cerr << "\r\033[K" << bar(run, 24) << " " << batch << counts_line(run) << std::flush;
  }
  void clear() {
    if (on_terminal_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool paused_ = false;
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

}  // namespace

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

Result<api::Json> wait_for_end(Client& client, const std::string& path) {
  stop_on_signal();
  Progress progress;
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

}  // namespace om::main
