// SPDX-License-Identifier: MIT
#include "main/ssh_settings.h"

#include <algorithm>

#include "om/base/clock.h"
#include "om/base/text.h"
#include "om/event/reactor.h"
#include "om/process/child.h"
#include "om/process/environment.h"

namespace om::main {
namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxOutputBytes = 256 * 1024;
constexpr Duration kDeadline = std::chrono::seconds(10);

Result<std::uint16_t> port_of(std::string_view word) {
  const auto number = text::parse_int(word);
  if (!number || *number < 1 || *number > 65535) {
    return fail(Errc::invalid_argument, "import_ssh.output",
                "ssh printed a port that is none: " + std::string(word));
  }
  return static_cast<std::uint16_t>(*number);
}

/// The words of a config line; "..." holds spaces, and = may stand behind the first.
std::vector<std::string> config_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool begun = false;
  bool equals = false;
  const auto end_word = [&] {
    if (begun) words.push_back(word);
    word.clear();
    begun = false;
  };
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      begun = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
      end_word();
    } else if (!quoted && !equals && c == '=' && words.size() + (begun ? 1 : 0) == 1) {
      equals = true;
      end_word();
    } else if (!quoted && !begun && c == '#') {
      break;
    } else {
      word += c;
      begun = true;
    }
  }
  end_word();
  return words;
}

bool is_word(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() &&
         std::ranges::equal(word, lower, [](char a, char b) { return (a | 0x20) == b; });
}

struct Collected final : process::ChildObserver {
  void on_child_output(Stream stream, std::string_view bytes) override {
    std::string& text = stream == Stream::out ? out : err;
    text.append(bytes.substr(0, kMaxOutputBytes - std::min(kMaxOutputBytes, text.size())));
  }
  void on_child_ended(process::ChildEnd how) override {
    end = how;
    ended = true;
  }
  std::string out;
  std::string err;
  process::ChildEnd end;
  bool ended = false;
};

}  // namespace

Result<void> check_ssh_name(std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::invalid_argument, "import_ssh.name",
                "'" + std::string(name) + "' " + std::string(why));
  };
  if (name.empty() || name.size() > kMaxNameBytes) return refuse("is no name of a host");
  if (name[0] == '-') return refuse("would be an option of ssh, not a host");
  if (name.find_first_of("*?!") != std::string_view::npos) {
    return refuse("is a pattern: name each host, or use --all");
  }
  if (std::ranges::any_of(name,
                          [](char c) { return c <= ' ' || c == 0x7f || c == '@' || c == '/'; }))
    return refuse("is no name of a host");
  return {};
}

Result<std::vector<SshHop>> parse_proxy_jump(std::string_view text) {
  std::vector<SshHop> hops;
  for (std::string_view word : text::split(text, ',')) {
    SshHop hop;
    if (const std::size_t at = word.rfind('@'); at != std::string_view::npos) {
      hop.login = word.substr(0, at);
      word.remove_prefix(at + 1);
    }
    std::string_view port;
    if (word.starts_with('[')) {
      const std::size_t end = word.find(']');
      if (end == std::string_view::npos) word = {};
      hop.name = word.substr(std::min<std::size_t>(1, word.size()), end - 1);
      if (end != std::string_view::npos) port = word.substr(end + 1);
    } else {
      const std::size_t colon = word.find(':');
      hop.name = word.substr(0, colon);
      if (colon != std::string_view::npos) port = word.substr(colon);
    }
    if (!port.empty()) {
      OM_TRY_SET(hop.port, port_of(port.substr(1)));
    }
    OM_TRY(check_ssh_name(hop.name));
    hops.push_back(std::move(hop));
  }
  return hops;
}

Result<SshSettings> parse_ssh_settings(std::string_view text) {
  SshSettings settings;
  for (const std::string_view line : text::split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, space);
    const std::string_view value = line.substr(space + 1);
    if (key == "hostname") settings.address = value;
    if (key == "user") settings.login = value;
    if (key == "hostkeyalias" && value != "none") settings.host_key_alias = value;
    if (key == "proxycommand" && value != "none") settings.proxy_command = value;
    if (key == "identityfile" && value != "none") settings.identity_files.emplace_back(value);
    if (key == "port") {
      OM_TRY_SET(settings.port, port_of(value));
    }
    if (key == "proxyjump" && value != "none") {
      OM_TRY_SET(settings.jumps, parse_proxy_jump(value));
    }
  }
  if (settings.address.empty()) {
    return fail(Errc::invalid_argument, "import_ssh.output", "ssh -G named no address");
  }
  return settings;
}

std::vector<std::string> host_names_in(std::string_view config) {
  std::vector<std::string> names;
  for (const std::string_view line : text::split(config, '\n')) {
    const std::vector<std::string> words = config_words(line);
    if (words.empty() || !is_word(words[0], "host")) continue;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (check_ssh_name(words[i]) && std::ranges::find(names, words[i]) == names.end()) {
        names.push_back(words[i]);
      }
    }
  }
  return names;
}

Result<SshSettings> ask_ssh(const std::string& name, const std::string& config) {
  const SystemClock clock;
  OM_TRY_SET(const std::unique_ptr<event::Reactor> reactor, event::Reactor::create(clock));
  process::ChildOptions options;
  options.argv = {"ssh", "-G"};
  if (!config.empty()) options.argv.insert(options.argv.end(), {"-F", config});
  options.argv.insert(options.argv.end(), {"--", name});
  options.environment = process::clean_environment();
  options.deadline = kDeadline;
  Collected collected;
  const auto child = process::Child::start(*reactor, options, collected);
  if (!child) {
    const bool missing = child.error().reason == "process.not_found";
    return missing ? fail(Errc::not_found, "import_ssh.no_ssh",
                          "there is no ssh client on this machine: install openssh-client")
                   : child.error();
  }
  while (!collected.ended) reactor->turn(std::chrono::milliseconds(200));
  if (collected.end.deadline_passed) {
    return fail(Errc::timed_out, "import_ssh.silent",
                "ssh -G did not end within " + duration_text(kDeadline));
  }
  const auto* exited = std::get_if<process::Exited>(&collected.end.exit);
  if (exited == nullptr || exited->code != 0) {
    const std::string_view said = text::trim(collected.err);
    return fail(Errc::invalid_argument, "import_ssh.refused",
                "ssh refuses its settings: " + std::string(said.substr(0, 500)));
  }
  return parse_ssh_settings(collected.out);
}

}  // namespace om::main
