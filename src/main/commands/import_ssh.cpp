// SPDX-License-Identifier: MIT
//
// host import-ssh: hosts as the OpenSSH client of whoever runs the command knows them. They go to
// the controller as a table, so that what is there already keeps what ssh says nothing about.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>

#include "main/commands/commands.h"
#include "main/ssh_settings.h"

#include "om/base/files.h"
#include "om/base/quote.h"

namespace om::main {
namespace {

constexpr std::size_t kMaxConfigBytes = 4 << 20;
/// Hops of one host, jump hosts of jump hosts included.
constexpr int kMaxHops = 8;

/// Of the table, and of a host in the API's answer.
struct Column {
  const char* header;
  const char* member;
};
constexpr Column kColumns[] = {
    {"name", "name"},
    {"address", "address"},
    {"port", "port"},
    {"login", "login"},
    {"key", "key"},
    {"app", "apps"},
    {"tags", "tags"},
    {"jump", "jump"},
    {"become", "become"},
    {"become_method", "become_method"},
    {"become_password", "become_password"},
    {"legacy_algorithms", "legacy_algorithms"},
    {"host_key_alias", "host_key_alias"},
    {"platform", "platform"},
    {"os", "os"},
    {"address_public", "address_public"},
    {"encoding", "encoding"},
    {"minion_id", "minion_id"},
    {"note", "note"},
};

std::string home_file(const std::string& path) {
  const char* home = std::getenv("HOME");
  if (!path.starts_with("~/") || home == nullptr) return path;
  return home + path.substr(1);
}

std::string cell(const api::Json& value) {
  std::string text;
  if (value.is_string()) {
    text = value.get<std::string>();
  } else if (value.is_array()) {
    for (const api::Json& one : value) text += (text.empty() ? "" : ";") + one.get<std::string>();
  } else if (!value.is_null()) {
    text = value.dump();
  }
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// Gathers the rows, jump hosts included.
class Gathering {
 public:
  Gathering(const api::Json& hosts, std::string config) : config_(std::move(config)) {
    for (const api::Json& host : hosts) there_.emplace(host.at("name").get<std::string>(), host);
  }

  /// `asked_for`: named by the user, else only a jump host, which is left as it is if it is there.
  Result<void> add(const SshHop& hop, const std::vector<SshHop>* jumps, bool asked_for, int depth) {
    OM_TRY(check_ssh_name(hop.name));
    const auto known = there_.find(hop.name);
    if (const auto row = rows_.find(hop.name); row != rows_.end()) {
      return check_way(hop, jumps, row->second);
    }
    if (!asked_for && known != there_.end()) return check_way(hop, jumps, known->second);
    if (depth > kMaxHops) {
      return fail(
          Errc::invalid_argument, "import_ssh.jump_loop",
          "more than " + std::to_string(kMaxHops) + " jump hosts: does ProxyJump go round?");
    }
    OM_TRY_SET(SshSettings settings, ask_ssh(hop.name, config_));
    if (jumps == nullptr) jumps = &settings.jumps;
    if (!settings.proxy_command.empty() && jumps->empty()) {
      return fail(Errc::invalid_argument, "import_ssh.proxy_command",
                  "ssh reaches it by a ProxyCommand, which is not supported: use ProxyJump");
    }
    api::Json row = known == there_.end() ? api::Json::object() : known->second;
    row["name"] = hop.name;
    row["address"] = settings.address;
    row["port"] = hop.port != 0 ? hop.port : settings.port;
    row["login"] = hop.login.empty() ? settings.login : hop.login;
    row["host_key_alias"] = settings.host_key_alias;
    row["jump"] = "";
    if (!jumps->empty()) {
      // The last hop is the host's own jump host, and what is before it is that one's.
      const std::vector<SshHop> before(jumps->begin(), jumps->end() - 1);
      row["jump"] = jumps->back().name;
      OM_TRY(add(jumps->back(), before.empty() ? nullptr : &before, false, depth + 1));
    }
    for (const std::string& file : settings.identity_files) {
      const std::string path = home_file(file);
      if (files::exists(path) && std::ranges::find(keys_, path) == keys_.end()) {
        keys_.push_back(path);
      }
    }
    rows_.emplace(hop.name, row);
    order_.push_back(hop.name);
    return {};
  }

  std::string table() const {
    std::string text;
    for (const auto& [header, member] : kColumns)
      text += (text.empty() ? "" : ",") + std::string(header);
    for (const std::string& name : order_) {
      const api::Json& row = rows_.at(name);
      std::string line;
      for (const auto& [header, member] : kColumns) {
        line += (line.empty() ? "" : ",") + cell(row.value(member, api::Json()));
      }
      text += "\n" + line;
    }
    return text + "\n";
  }
  std::vector<api::Json> rows() const {
    std::vector<api::Json> rows;
    for (const std::string& name : order_) rows.push_back(rows_.at(name));
    return rows;
  }
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  /// A jump host that is there must be reached as the host behind it says.
  static Result<void> check_way(const SshHop& hop, const std::vector<SshHop>* jumps,
                                const api::Json& row) {
    const std::string jump = row.at("jump").get<std::string>();
    const bool same = (jumps == nullptr || jump == jumps->back().name) &&
                      (hop.port == 0 || row.at("port") == hop.port) &&
                      (hop.login.empty() || row.at("login") == hop.login);
    if (same) return {};
    return fail(
        Errc::conflict, "import_ssh.jump",
        "its jump host " + hop.name +
            " is in the inventory with another user, port or jump host: change it there, or "
            "in ProxyJump");
  }

  const std::string config_;
  std::map<std::string, api::Json> there_;
  std::map<std::string, api::Json> rows_;
  std::vector<std::string> order_;
  std::vector<std::string> keys_;  ///< files that exist
};

Result<std::vector<std::string>> names_of(const HostImportSshCommand& command) {
  if (!command.all && command.names.empty()) {
    return fail(Errc::invalid_argument, "import_ssh.name", "name a host, or say --all");
  }
  if (!command.all) return command.names;
  const std::string path = command.config.empty() ? home_file("~/.ssh/config") : command.config;
  OM_TRY_SET(const std::string config, files::read(path, kMaxConfigBytes));
  std::vector<std::string> names = host_names_in(config);
  if (names.empty()) {
    return fail(Errc::not_found, "import_ssh.no_names", path + " names no host on a Host line");
  }
  return names;
}

std::string key_line(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return "key file " + path + ": " +
         quote::shell_command({"omserver", "key", "add", name, "--file", path});
}

void print_rows(const std::vector<api::Json>& rows) {
  for (const api::Json& row : rows) {
    const std::string jump = row.at("jump").get<std::string>();
    const std::string alias = row.at("host_key_alias").get<std::string>();
    std::cout << row.at("name").get<std::string>() << ": " << row.at("login").get<std::string>()
              << " at " << row.at("address").get<std::string>() << " port " << row.at("port").dump()
              << (jump.empty() ? "" : ", through " + jump)
              << (alias.empty() ? "" : ", host key of " + alias) << '\n';
  }
}

}  // namespace

Result<int> import_ssh_hosts(Client& client, const HostImportSshCommand& command,
                             const Global& global) {
  OM_TRY_SET(const std::vector<std::string> names, names_of(command));
  OM_TRY_SET(const api::Json there, client.call("GET", "/api/v1/hosts"));
  Gathering gathering(there.at("hosts"), command.config);
  bool all_taken = true;
  for (const std::string& name : names) {
    const Result<void> added = gathering.add({name, "", 0}, nullptr, true, 0);
    if (added) continue;
    if (added.error().reason == "import_ssh.no_ssh") return added.error();
    std::cerr << name << ": " << added.error().message << '\n';
    all_taken = false;
  }
  const std::vector<api::Json> rows = gathering.rows();
  if (rows.empty()) return kNotOk;
  OM_TRY_SET(api::Json answer,
             client.call("POST", "/api/v1/hosts/import",
                         {{"csv", gathering.table()}, {"dry_run", command.dry_run}}));
  for (const api::Json& refused : answer.at("refused")) {
    const auto line = static_cast<std::size_t>(refused.at("line").get<std::int64_t>());
    std::cerr << rows.at(line - 2).at("name").get<std::string>() << ": "
              << refused.at("message").get<std::string>() << '\n';
    all_taken = false;
  }
  if (global.json) {
    answer["hosts"] = rows;
    answer["key_files"] = gathering.keys();
    std::cout << api::dump(answer) << '\n';
  } else {
    print_rows(rows);
    for (const std::string& key : gathering.keys()) std::cout << key_line(key) << '\n';
    std::cout << (command.dry_run ? "dry run: " : "") << answer.at("added").dump() << " added, "
              << answer.at("changed").dump() << " changed, " << answer.at("unchanged").dump()
              << " unchanged, " << answer.at("refused").size() << " refused\n";
  }
  return all_taken ? kOk : kNotOk;
}

}  // namespace om::main
