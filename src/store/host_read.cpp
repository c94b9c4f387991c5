// SPDX-License-Identifier: MIT

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "store/connection.h"
#include "store/json_list.h"

#include "om/base/text.h"
#include "om/store/inventory.h"
#include "om/store/journal.h"

// Spelt once; a statement's text has to be one literal.
#define OM_HOST_COLUMNS                                                                       \
  "host.id, host.name, address, port, login, credential, platform, os, address_public, jump," \
  " become, encoding, host_key_alias, minion_id, note, become_method, become_credential,"     \
  " legacy_algorithms"

namespace om::store {
namespace {

constexpr std::size_t kNamesInAnError = 20;
constexpr int kFirstLastColumn = 18;

Host host_from(const Statement& row) {
  Host host;
  host.id = {row.integer(0)};
  host.name = row.text(1);
  host.address = row.text(2);
  host.port = static_cast<std::uint16_t>(row.integer(3));
  host.login = row.text(4);
  host.credential = row.text(5);
  host.platform = platform_from_name(row.text(6));
  host.os = row.text(7);
  host.address_public = row.text(8);
  host.jump = row.text(9);
  host.become = row.text(10);
  host.encoding = row.text(11);
  host.host_key_alias = row.text(12);
  host.minion_id = row.text(13);
  host.note = row.text(14);
  host.become_method = become_method_from_name(row.text(15)).value_or(BecomeMethod::sudo);
  host.become_credential = row.text(16);
  host.legacy_algorithms = row.integer(17) != 0;
  return host;
}

std::optional<LastOutcome> last_from(const Statement& row) {
  const auto outcome = outcome_from_name(row.text(kFirstLastColumn + 1));
  if (!outcome) return std::nullopt;
  return LastOutcome{{row.integer(kFirstLastColumn)}, *outcome, row.integer(kFirstLastColumn + 2)};
}

std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

Result<void> fill_apps_and_tags(Connection& connection, const std::vector<Host*>& hosts) {
  std::unordered_map<HostId, Host*> by_id;
  std::vector<HostId> ids;
  for (Host* host : hosts) {
    by_id[host->id] = host;
    ids.push_back(host->id);
  }
  const auto list = json_list(ids);
  OM_TRY_SET(Statement apps,
             connection.query(
                 "SELECT host_id, category.name || '/' || app.name FROM host_app"
                 " JOIN app ON app.id = app_id JOIN category ON category.id = category_id"
                 " WHERE host_id IN (SELECT value FROM json_each(?)) ORDER BY host_id, app_id",
                 list));
  OM_TRY(apps.each(
      [&](const Statement& row) { by_id.at({row.integer(0)})->apps.push_back(row.text(1)); }));
  OM_TRY_SET(
      Statement tags,
      connection.query("SELECT host_id, tag FROM host_tag"
                       " WHERE host_id IN (SELECT value FROM json_each(?)) ORDER BY host_id, tag",
                       list));
  return tags.each(
      [&](const Statement& row) { by_id.at({row.integer(0)})->tags.push_back(row.text(1)); });
}

Result<void> fill_apps_and_tags(Connection& connection, std::vector<Host>& hosts) {
  std::vector<Host*> pointers;
  for (Host& host : hosts) pointers.push_back(&host);
  return fill_apps_and_tags(connection, pointers);
}

Error no_host(const std::vector<std::string>& names) {
  std::vector<std::string> shown(names.begin(),
                                 names.begin() + std::min(names.size(), kNamesInAnError) * 1L);
  std::string message = "there is no host " + text::join(shown, ", ");
  if (names.size() > shown.size())
    message += " and " + std::to_string(names.size() - shown.size()) + " more";
  return fail(Errc::not_found, "inventory.no_host", std::move(message));
}

/// Hosts in the order in which they were asked for, each once.
class HostList {
 public:
  /// Takes every row; returns how many there were, known ones too.
  Result<std::size_t> add(Result<Statement> rows) {
    if (!rows) return std::move(rows).error();
    std::size_t count = 0;
    OM_TRY(rows->each([&](const Statement& row) {
      ++count;
      if (seen_.insert({row.integer(0)}).second) hosts_.push_back(host_from(row));
    }));
    return count;
  }
  /// Names that no host has are put into `missing`.
  Result<void> add_names(Connection& connection, const std::vector<std::string>& names,
                         std::vector<std::string>& missing) {
    for (const std::string& name : names) {
      OM_TRY_SET(
          const std::size_t count,
          add(connection.query("SELECT " OM_HOST_COLUMNS " FROM host WHERE name = ?", name)));
      if (count == 0) missing.push_back(name);
    }
    return {};
  }
  Result<std::vector<Host>> filled(Connection& connection) && {
    OM_TRY(fill_apps_and_tags(connection, hosts_));
    return std::move(hosts_);
  }

 private:
  std::vector<Host> hosts_;
  std::unordered_set<HostId> seen_;
};

Result<void> add_of_run(Connection& connection, const OfRun& of_run, HostList& list) {
  OM_TRY(find_run(connection, of_run.run));
  std::vector<std::string> outcomes;
  for (const Outcome outcome : kOutcomes) {
    const bool asked = of_run.outcomes.empty()
                           ? outcome != Outcome::ok
                           : std::find(of_run.outcomes.begin(), of_run.outcomes.end(), outcome) !=
                                 of_run.outcomes.end();
    if (asked) outcomes.emplace_back(outcome_name(outcome));
  }
  OM_TRY(list.add(connection.query(
      "SELECT " OM_HOST_COLUMNS
      " FROM host JOIN (SELECT host_id, position FROM target WHERE run_id = ?1"
      "  AND outcome IN (SELECT value FROM json_each(?2))) AS past ON past.host_id = host.id"
      " ORDER BY past.position",
      of_run.run, json_list(outcomes))));
  return {};
}

}  // namespace

Result<std::vector<HostRow>> list_hosts(Connection& connection, const HostFilter& filter) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  std::optional<std::string> pattern;
  if (!filter.text.empty()) pattern = like_pattern(filter.text);
  OM_TRY_SET(
      Statement rows,
      connection.query(
          "SELECT " OM_HOST_COLUMNS ", last.run_id, last.outcome, last.at_ms FROM host"
          " LEFT JOIN host_last AS last ON last.host_id = host.id"
          " WHERE (?1 IS NULL OR host.id IN (SELECT host_id FROM host_app"
          "  WHERE app_id IN (SELECT value FROM json_each(?1))))"
          " AND (?2 IS NULL OR host.id IN (SELECT host_id FROM host_app JOIN app ON app.id = app_id"
          "  WHERE category_id IN (SELECT value FROM json_each(?2))))"
          " AND (?3 IS NULL OR host.id IN (SELECT host_id FROM host_tag"
          "  WHERE tag IN (SELECT value FROM json_each(?3))))"
          " AND (?4 IS NULL OR host.name LIKE ?4 ESCAPE '\\' OR address LIKE ?4 ESCAPE '\\'"
          "  OR address_public LIKE ?4 ESCAPE '\\' OR os LIKE ?4 ESCAPE '\\' OR note LIKE ?4 "
          "ESCAPE '\\')"
          " ORDER BY host.name",
          json_list(filter.apps), json_list(filter.categories), json_list(filter.tags), pattern));
  std::vector<HostRow> hosts;
  OM_TRY(rows.each([&](const Statement& row) {
    hosts.push_back({host_from(row), last_from(row)});
  }));
  std::vector<Host*> pointers;
  for (HostRow& row : hosts) pointers.push_back(&row.host);
  OM_TRY(fill_apps_and_tags(connection, pointers));
  return hosts;
}

Result<Host> find_host(Connection& connection, const std::string& name) {
  OM_TRY_SET(auto hosts, find_hosts(connection, {name}));
  return std::move(hosts.front());
}

Result<std::vector<Host>> find_hosts(Connection& connection,
                                     const std::vector<std::string>& names) {
  return select_hosts(connection, {names, {}, {}});
}

Result<std::vector<Host>> select_hosts(Connection& connection, const Selection& selection) {
  OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
  HostList list;
  std::vector<std::string> missing;
  OM_TRY(list.add_names(connection, selection.hosts, missing));
  if (!missing.empty()) return no_host(missing);
  for (const std::string& name : selection.apps) {
    OM_TRY_SET(const App app, find_app(connection, name));
    OM_TRY_SET(
        const std::size_t count,
        list.add(connection.query(
            "SELECT " OM_HOST_COLUMNS
            " FROM host_app JOIN host ON host.id = host_id WHERE app_id = ? ORDER BY host.name",
            app.id)));
    static_cast<void>(count);
  }
  for (const std::string& tag : selection.tags) {
    OM_TRY_SET(const std::size_t count,
               list.add(connection.query(
                   "SELECT " OM_HOST_COLUMNS
                   " FROM host_tag JOIN host ON host.id = host_id WHERE tag = ? ORDER BY host.name",
                   tag)));
    if (count == 0) return fail(Errc::not_found, "inventory.no_tag", "no host has the tag " + tag);
  }
  if (selection.of_run) OM_TRY(add_of_run(connection, *selection.of_run, list));
  return std::move(list).filled(connection);
}

Result<std::vector<TagCount>> list_tags(Connection& connection) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT tag, count(*) FROM host_tag GROUP BY tag ORDER BY tag"));
  std::vector<TagCount> tags;
  OM_TRY(rows.each([&](const Statement& row) { tags.push_back({row.text(0), row.integer(1)}); }));
  return tags;
}

}  // namespace om::store
