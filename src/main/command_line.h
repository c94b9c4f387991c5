// SPDX-License-Identifier: MIT
//
// CommandLine: what the user asked for, as plain values. Options come from the command line, from a
// configuration file (--config, else /etc/omserver/omserver.toml when it is there) and from
// OMSERVER_* variables, in this order of precedence. The only file that sees CLI11; main's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "om/base/log.h"
#include "om/model/outcome.h"

namespace om::main {

/// Options of every command: which controller, and how to talk.
struct Global {
  std::string data;  ///< the data directory
  std::string url;   ///< of a controller elsewhere; empty: the data directory's
  bool json = false;
  log::Level log_level = log::Level::info;
};

struct ServeCommand {
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  std::string channel;  ///< empty: not given
  Platform auto_platform = Platform::ssh;
  std::string host_keys = "accept-new";  ///< or strict
  std::vector<std::string> names;        ///< more host names this controller answers to
  std::string assets;                    ///< a folder to serve the page from, while developing
  int concurrency = 128;
  int concurrency_all = 512;
  std::int64_t timeout_s = 300;
  std::int64_t connect_timeout_s = 10;
  std::int64_t login_timeout_s = 15;
  std::int64_t silence_s = 45;
  std::int64_t idle_s = 120;  ///< how long SSH sessions are kept unused
  std::int64_t idle_sessions = 5000;
  int connecting = 128;  ///< SSH sessions setting out at once, in all
  int connecting_at_one = 8;
};

struct VersionCommand {
  bool verbose = false;
};
struct HealthcheckCommand {
  std::string address;
};
struct TokenCreateCommand {
  std::string user;
};
struct UserLinkCommand {
  std::string user;
};
struct KeyAddCommand {
  std::string name;
  std::string file;
  bool passphrase_stdin = false;
  std::string certificate;  ///< a file
  bool replace = false;
};
struct CredentialAddCommand {
  std::string name;
  bool password_stdin = false;  ///< always: there is no other way to give it
  bool replace = false;
};
struct AppAddCommand {
  std::string name;
  std::string category;
};
struct HostAddCommand {
  std::string name;
  std::string address;
  std::optional<int> port;  ///< none: the address has it, or 22
  std::string login;
  std::string key;
  std::vector<std::string> apps;
  std::vector<std::string> tags;
  std::string platform;
  std::string jump;
  std::string become;
  std::string become_method;
  std::string become_password;  ///< the name of a stored one
  bool legacy_algorithms = false;
  std::string host_key_alias;
};
struct HostImportCommand {
  std::string file;
  bool dry_run = false;
};
struct HostImportSshCommand {
  std::vector<std::string> names;
  std::string config;
  bool all = false;
  bool dry_run = false;
};
struct ListCommand {
  std::string what;  ///< "hosts", "apps", "modules", "runs", "keys", "credentials"
};
struct HostKeyListCommand {
  bool pending = false;
};
struct HostKeyAcceptCommand {
  std::vector<std::int64_t> ids;
  bool all_new = false;
};
struct HostKeyRejectCommand {
  std::vector<std::int64_t> ids;
  bool revoke = false;
};
struct HostKeyForgetCommand {
  std::vector<std::string> names;
};
struct HostKeyImportCommand {
  std::string file;
};
struct KeyShowCommand {
  std::string name;  ///< empty: the only one there is
};
struct BatchOptions {
  std::string size;  ///< "10" or "25%"; empty: all at once
  int canary = 0;
  std::string max_failed;
  std::string pause = "never";
  std::string order = "given";
  bool operator==(const BatchOptions&) const = default;
};
struct CheckCommand {
  std::vector<std::string> hosts;
  std::vector<std::string> apps;
  std::vector<std::string> tags;
  int concurrency = 0;
};
struct RunsCommand {
  std::string action;  ///< "pause", "continue", "cancel"
  std::int64_t run = 0;
};
struct RetryCommand {
  std::int64_t run = 0;
  std::vector<std::string> outcomes;    ///< empty: every one but ok
  std::vector<std::string> parameters;  ///< "N=-", for secret ones
};
struct CopyCommand {
  std::string source;
  std::string destination;
  std::vector<std::string> hosts;
  std::vector<std::string> apps;
  std::vector<std::string> tags;
  std::string mode;
  std::string owner;
  std::string command;
  int concurrency = 0;
  std::int64_t timeout_s = 0;
};
struct RunCommand {
  std::int64_t module = 0;
  std::vector<std::string> hosts;
  std::vector<std::string> apps;
  std::vector<std::string> tags;
  std::vector<std::string> parameters;  ///< in order; "N=-" reads parameter N from standard input
  std::string platform;
  int concurrency = 0;
  std::int64_t timeout_s = 0;
  BatchOptions batches;
};

using Command = std::variant<ServeCommand, VersionCommand, HealthcheckCommand, TokenCreateCommand,
                             UserLinkCommand, KeyAddCommand, CredentialAddCommand, AppAddCommand,
                             CopyCommand, HostAddCommand, HostImportCommand, HostImportSshCommand,
                             ListCommand, RunCommand, HostKeyListCommand, HostKeyAcceptCommand,
                             HostKeyRejectCommand, HostKeyForgetCommand, HostKeyImportCommand,
                             KeyShowCommand, CheckCommand, RunsCommand, RetryCommand>;

struct CommandLine {
  Global global;
  ServeCommand settings;  ///< what a controller in this process uses, whatever the command
  Command command;
};

/// Nothing when the text has been printed (help) or refused (on standard error); then `exit_code`
/// says how.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code);

}  // namespace om::main
