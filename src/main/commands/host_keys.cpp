// SPDX-License-Identifier: MIT
//
// The commands about the keys of hosts.
#include <algorithm>
#include <iostream>

#include "main/commands/commands.h"
#include "main/commands/table.h"

#include "om/base/files.h"
#include "om/base/utf8.h"

namespace om::main {
namespace {

constexpr std::size_t kMaxKnownHostsBytes = 16 << 20;
/// A request takes 1 MiB; a larger file goes in pieces.
constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kPageRows = 1000;
/// Lists of names and hashes are cut to this on a terminal.
constexpr std::size_t kLongestCell = 72;

/// A file's and a server's words on a terminal: no control characters, no endless lists.
std::string shown(const api::Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (text.size() <= kLongestCell) return text;
  return std::string(utf8::prefix(text, kLongestCell - 3)) + "...";
}

std::string shown_list(const api::Json& texts) {
  std::string all;
  for (const api::Json& text : texts) all += (all.empty() ? "" : " ") + text.get<std::string>();
  return shown(all);
}

/// Every page of a list; `key` names what the next page begins after.
Result<api::Json> all_pages(Client& client, const char* path, const char* member, const char* key) {
  api::Json all;
  api::Json after = 0;
  for (;;) {
    OM_TRY_SET(api::Json page,
               client.get(path, {{"limit", std::to_string(kPageRows)}, {"after", after.dump()}}));
    api::Json rows = page.at(member);
    if (all.is_null()) {
      all = std::move(page);
    } else {
      for (api::Json& row : rows) all[member].push_back(row);
    }
    if (rows.size() < kPageRows) return all;
    after = rows.back().at(key);
  }
}

int print_json(const api::Json& json) {
  std::cout << api::dump(json) << '\n';
  return kOk;
}

Result<int> list_on_file(Client& client, const Global& global) {
  OM_TRY_SET(const api::Json all, all_pages(client, "/api/v1/host-keys", "host_keys", "line"));
  if (global.json) return print_json(all);
  std::vector<std::vector<std::string>> rows = {{"line", "names", "type", "fingerprint", "marker"}};
  for (const api::Json& key : all.at("host_keys")) {
    rows.push_back({shown(key.at("line")), shown(key.at("names")), shown(key.at("algorithm")),
                    shown(key.at("fingerprint")), shown(key.at("marker"))});
  }
  print_table(rows);
  for (const api::Json& problem : all.at("problems")) {
    std::cerr << "line " << problem.at("line") << ": " << shown(problem.at("message")) << '\n';
  }
  return kOk;
}

Result<int> list_pending(Client& client, const Global& global) {
  OM_TRY_SET(const api::Json all, all_pages(client, "/api/v1/host-keys/pending", "pending", "id"));
  if (global.json) return print_json(all);
  std::vector<std::vector<std::string>> rows = {
      {"id", "name", "verdict", "type", "fingerprint", "on file", "hosts"}};
  for (const api::Json& key : all.at("pending")) {
    rows.push_back({shown(key.at("id")), shown(key.at("name")), shown(key.at("verdict")),
                    shown(key.at("algorithm")), shown(key.at("fingerprint")),
                    shown(key.at("known_fingerprint")), shown_list(key.at("hosts"))});
  }
  print_table(rows);
  return kOk;
}

std::string count_of(const api::Json& answer, const char* name, const char* what) {
  return std::to_string(answer.at(name).get<std::int64_t>()) + " " + what;
}

/// The lines of `text` from `begin` on that fit into a piece, at least one.
std::string_view piece_of(std::string_view text, std::size_t begin) {
  std::string_view rest = text.substr(begin);
  if (rest.size() <= kPieceBytes) return rest;
  std::size_t end = rest.rfind('\n', kPieceBytes);
  if (end == std::string_view::npos) end = std::min(rest.find('\n'), rest.size() - 1);
  return rest.substr(0, end + 1);
}

}  // namespace

Result<int> list_host_keys(Client& client, const HostKeyListCommand& command,
                           const Global& global) {
  return command.pending ? list_pending(client, global) : list_on_file(client, global);
}

Result<int> accept_host_keys(Client& client, const HostKeyAcceptCommand& command,
                             const Global& global) {
  api::Json body = {{"ids", command.ids}};
  if (command.all_new) body = {{"all_new", true}};
  OM_TRY_SET(const api::Json answer, client.call("POST", "/api/v1/host-keys/accept", body));
  const api::Json& refused = answer.at("refused");
  if (global.json) {
    print_json(answer);
  } else {
    for (const api::Json& key : refused) {
      std::cerr << key.at("id") << ": " << key.at("message").get<std::string>() << '\n';
    }
    std::cout << count_of(answer, "accepted", "accepted") << ", " << refused.size() << " refused\n";
  }
  return refused.empty() ? kOk : kNotOk;
}

Result<int> reject_host_keys(Client& client, const HostKeyRejectCommand& command,
                             const Global& global) {
  OM_TRY_SET(const api::Json answer,
             client.call("POST", "/api/v1/host-keys/reject",
                         {{"ids", command.ids}, {"revoke", command.revoke}}));
  if (global.json) return print_json(answer);
  std::cout << count_of(answer, "rejected", "rejected") << '\n';
  return answer.at("rejected") == command.ids.size() ? kOk : kNotOk;
}

Result<int> forget_host_keys(Client& client, const HostKeyForgetCommand& command,
                             const Global& global) {
  OM_TRY_SET(const api::Json answer,
             client.call("POST", "/api/v1/host-keys/forget", {{"names", command.names}}));
  if (global.json) return print_json(answer);
  std::cout << count_of(answer, "removed", "removed") << '\n';
  return answer.at("removed") == 0 ? kNotOk : kOk;
}

Result<int> import_host_keys(Client& client, const HostKeyImportCommand& command,
                             const Global& global) {
  OM_TRY_SET(const std::string text, command.file == "-"
                                         ? read_stdin(kMaxKnownHostsBytes)
                                         : files::read(command.file, kMaxKnownHostsBytes));
  // JSON would carry replacement characters in their place, and they would be imported.
  if (!utf8::is_valid(text)) {
    return fail(Errc::invalid_argument, "import.encoding",
                "the file is not UTF-8; save it as UTF-8 and try again");
  }
  api::Json all = {{"added", 0}, {"unchanged", 0}, {"problems", api::Json::array()}};
  std::size_t lines_before = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::string_view piece = piece_of(text, begin);
    OM_TRY_SET(const api::Json answer,
               client.call("POST", "/api/v1/host-keys/import", {{"text", piece}}));
    for (const char* count : {"added", "unchanged"}) {
      all[count] = all.at(count).get<std::int64_t>() + answer.at(count).get<std::int64_t>();
    }
    for (api::Json problem : answer.at("problems")) {
      problem["line"] = problem.at("line").get<std::size_t>() + lines_before;
      all["problems"].push_back(std::move(problem));
    }
    lines_before += static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n'));
    begin += piece.size();
  }
  const api::Json& problems = all.at("problems");
  if (global.json) {
    print_json(all);
  } else {
    for (const api::Json& problem : problems) {
      std::cerr << "line " << problem.at("line") << ": " << problem.at("message").get<std::string>()
                << '\n';
    }
    std::cout << count_of(all, "added", "added") << ", " << count_of(all, "unchanged", "unchanged")
              << ", " << problems.size() << " with a problem\n";
  }
  return problems.empty() ? kOk : kNotOk;
}

}  // namespace om::main
