// SPDX-License-Identifier: MIT
//
// The commands that change and list the inventory, the keys and the access.
#include <algorithm>
#include <cerrno>
#include <iostream>

#include <unistd.h>

#include "main/commands/commands.h"
#include "main/commands/table.h"

#include "om/base/errno_error.h"
#include "om/base/files.h"
#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::main {
namespace {

constexpr std::size_t kMaxTableBytes = 16 << 20;
constexpr std::size_t kMaxKeyBytes = 1 << 20;
constexpr std::size_t kMaxPasswordBytes = 4096;

/// The JSON for programs, or one line for people.
int print(const Global& global, const api::Json& json, const std::string& line) {
  std::cout << (global.json ? api::dump(json) : line) << '\n';
  return kOk;
}

std::string joined(const api::Json& texts) {
  std::string all;
  for (const api::Json& text : texts) all += (all.empty() ? "" : ";") + text.get<std::string>();
  return all;
}

std::string cell(const api::Json& row, const char* name) {
  const api::Json value = row.value(name, api::Json());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return joined(value);
  return value.is_null() ? "" : value.dump();
}

struct Listing {
  const char* what;
  const char* path;
  const char* member;
  std::vector<const char*> columns;
};

const Listing kListings[] = {
    {"hosts",
     "/api/v1/hosts",
     "hosts",
     {"name", "address", "port", "login", "key", "platform", "apps", "tags"}},
    {"apps", "/api/v1/apps", "apps", {"category", "name", "host_count"}},
    {"modules", "/api/v1/modules", "modules", {"id", "name", "name_en", "risk"}},
    {"keys", "/api/v1/credentials", "credentials", {"name", "kind", "fingerprint"}},
    {"credentials", "/api/v1/credentials", "credentials", {"name", "kind", "fingerprint"}},
};

}  // namespace

Result<std::string> read_stdin(std::size_t max_bytes) {
  std::string all;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno("standard input", errno);
    if (n == 0) return all;
    all.append(buffer, static_cast<std::size_t>(n));
    if (all.size() > max_bytes) {
      return fail(Errc::invalid_argument, "cli.input",
                  "standard input is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

Result<int> create_token(Client& client, const TokenCreateCommand& command, const Global& global) {
  OM_TRY_SET(const api::Json answer,
             client.call("POST", "/api/v1/tokens", {{"user", command.user}}));
  return print(global, answer, answer.at("token").get<std::string>());
}

Result<int> create_link(Client& client, const UserLinkCommand& command, const Global& global) {
  OM_TRY_SET(const api::Json answer,
             client.call("POST", "/api/v1/links", {{"user", command.user}}));
  return print(global, answer, answer.at("url").get<std::string>());
}

Result<int> add_key(Client& client, const KeyAddCommand& command, const Global& global) {
  OM_TRY_SET(const std::string key, files::read(command.file, kMaxKeyBytes));
  std::string passphrase;
  if (command.passphrase_stdin) {
    OM_TRY_SET(passphrase, read_stdin(4096));
    while (!passphrase.empty() && (passphrase.back() == '\n' || passphrase.back() == '\r'))
      passphrase.pop_back();
  }
  std::string certificate;
  if (!command.certificate.empty()) {
    OM_TRY_SET(certificate, files::read(command.certificate, kMaxKeyBytes));
  }
  OM_TRY_SET(const api::Json answer, client.call("POST", "/api/v1/credentials",
                                                 {{"name", command.name},
                                                  {"private_key", key},
                                                  {"passphrase", passphrase},
                                                  {"certificate", certificate},
                                                  {"replace", command.replace}}));
  const api::Json& added = answer.at("credential");
  return print(global, answer,
               "key " + cell(added, "name") + " added: " + cell(added, "fingerprint") +
                   "\nPut this into ~/.ssh/authorized_keys of the hosts:\n" +
                   cell(added, "public_key"));
}

Result<int> add_credential(Client& client, const CredentialAddCommand& command,
                           const Global& global) {
  OM_TRY_SET(std::string password, read_stdin(kMaxPasswordBytes));
  // Without the end of its line; white space inside and at the ends is its own.
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  if (!utf8::is_valid(password)) {
    return fail(Errc::invalid_argument, "credential.password", "password: is not UTF-8");
  }
  OM_TRY_SET(
      const api::Json answer,
      client.call("POST", "/api/v1/credentials",
                  {{"name", command.name}, {"password", password}, {"replace", command.replace}}));
  return print(global, answer, "password " + command.name + " added");
}

Result<int> show_key(Client& client, const KeyShowCommand& command, const Global& global) {
  OM_TRY_SET(const api::Json answer, client.call("GET", "/api/v1/credentials"));
  std::vector<api::Json> found;
  std::vector<std::string> names;
  for (const api::Json& credential : answer.at("credentials")) {
    if (cell(credential, "public_key").empty()) continue;
    names.push_back(cell(credential, "name"));
    if (command.name.empty() || names.back() == command.name) found.push_back(credential);
  }
  if (found.empty()) {
    return fail(Errc::not_found, "cli.no_key",
                command.name.empty() ? "there is no key; add one with 'omserver key add'"
                                     : "there is no key " + command.name);
  }
  if (found.size() > 1) {
    return fail(Errc::invalid_argument, "cli.which_key",
                "there are several keys, say which: " + text::join(names, ", "));
  }
  return print(global, {{"credential", found.front()}}, cell(found.front(), "public_key"));
}

Result<int> add_app(Client& client, const AppAddCommand& command, const Global& global) {
  OM_TRY_SET(const api::Json answer,
             client.call("POST", "/api/v1/apps",
                         {{"name", command.name}, {"category", command.category}}));
  return print(global, answer, "application " + command.category + "/" + command.name + " added");
}

Result<int> add_host(Client& client, const HostAddCommand& command, const Global& global) {
  api::Json body = {{"name", command.name},
                    {"address", command.address},
                    {"login", command.login},
                    {"key", command.key},
                    {"apps", command.apps},
                    {"tags", command.tags},
                    {"platform", command.platform},
                    {"jump", command.jump},
                    {"become", command.become},
                    {"become_method", command.become_method},
                    {"become_password", command.become_password},
                    {"legacy_algorithms", command.legacy_algorithms},
                    {"host_key_alias", command.host_key_alias}};
  if (command.port) body["port"] = *command.port;
  OM_TRY_SET(const api::Json answer, client.call("POST", "/api/v1/hosts", body));
  return print(global, answer, "host " + command.name + " added");
}

Result<int> import_hosts(Client& client, const HostImportCommand& command, const Global& global) {
  OM_TRY_SET(const std::string table, command.file == "-"
                                          ? read_stdin(kMaxTableBytes)
                                          : files::read(command.file, kMaxTableBytes));
  // JSON would carry replacement characters in their place, and they would be imported.
  if (!utf8::is_valid(table)) {
    return fail(Errc::invalid_argument, "import.encoding",
                "the table is not UTF-8; save it as UTF-8 and try again");
  }
  OM_TRY_SET(const api::Json answer, client.call("POST", "/api/v1/hosts/import",
                                                 {{"csv", table}, {"dry_run", command.dry_run}}));
  for (const api::Json& refused : answer.at("refused")) {
    std::cerr << "line " << refused.at("line") << ": " << cell(refused, "message") << '\n';
  }
  const std::string counts = cell(answer, "added") + " added, " + cell(answer, "changed") +
                             " changed, " + cell(answer, "unchanged") + " unchanged, " +
                             std::to_string(answer.at("refused").size()) + " refused";
  print(global, answer, (command.dry_run ? "dry run: " : "") + counts);
  return answer.at("refused").empty() ? kOk : kNotOk;
}

Result<int> list(Client& client, const ListCommand& command, const Global& global) {
  const auto* listing = std::find_if(std::begin(kListings), std::end(kListings),
                                     [&](const Listing& one) { return one.what == command.what; });
  OM_CHECK(listing != std::end(kListings));
  OM_TRY_SET(const api::Json answer, client.call("GET", listing->path));
  if (global.json) return print(global, answer, "");
  std::vector<std::vector<std::string>> rows(1);
  for (const char* column : listing->columns) rows[0].emplace_back(column);
  for (const api::Json& item : answer.at(listing->member)) {
    std::vector<std::string> row;
    for (const char* column : listing->columns) row.push_back(cell(item, column));
    rows.push_back(std::move(row));
  }
  print_table(rows);
  return kOk;
}

}  // namespace om::main
