// SPDX-License-Identifier: MIT
//
// The bootstrap by hand: its words and lines with another shell's path in them.
#include "backend/stand_in_shell.h"

#include <filesystem>
#include <stdexcept>

#include "backend/bootstrap.h"

#include "om/base/text.h"
#include "om/process/environment.h"

namespace om::backend {
namespace {

struct Collector final : process::ChildObserver {
  void on_child_output(Stream stream, std::string_view bytes) override {
    (stream == Stream::out ? run.out : run.err).append(bytes);
  }
  void on_child_ended(process::ChildEnd end) override {
    run.exit = end.exit;
    ended = true;
  }
  ShellRun run;
  bool ended = false;
};

}  // namespace

StandInShell::StandInShell(const std::string& program) {
  std::filesystem::create_symlink(program, folder_.file("sh"));
}

std::unique_ptr<process::Child> StandInShell::start(
    std::string line, std::string body, process::ChildObserver& observer,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  process::ChildOptions options;
  for (const std::string& word : exec_words({"unused", ""})) {
    options.argv.push_back(text::replace_all(word, "/bin/sh", folder_.file("sh")));
  }
  options.environment = process::clean_environment(environment);
  options.input = process::Input::pipe;
  auto child = process::Child::start(loop_.reactor(), options, observer);
  if (!child) throw std::runtime_error(child.error().message);
  (*child)->write(text::replace_all(line, "/bin/sh", folder_.file("sh")));
  (*child)->write(std::move(body));
  (*child)->finish_writing();
  return std::move(child).value();
}

ShellRun StandInShell::run(std::string line, std::string body,
                           const std::vector<std::pair<std::string, std::string>>& environment) {
  Collector collector;
  const auto child = start(std::move(line), std::move(body), collector, environment);
  if (!loop_.until([&] { return collector.ended; })) throw std::runtime_error("it does not end");
  return collector.run;
}

std::vector<std::string> shells_seen_as_bin_sh() {
  std::vector<std::string> found;
  for (const char* path : {"/bin/dash", "/bin/bash", "/bin/busybox", "/bin/mksh"}) {
    if (std::filesystem::exists(path)) found.emplace_back(path);
  }
  return found;
}

std::string base_name(const std::string& path) { return std::filesystem::path(path).filename(); }

}  // namespace om::backend
