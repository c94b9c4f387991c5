// SPDX-License-Identifier: MIT
//
// The inventory's tables: category, app, host and what ties them. Free functions on a connection of
// the store, in its thread. Names are compared byte for byte. What a name or address may be is in
// inventory_rules.h; whatever is saved is checked against it here too. Fails with invalid_argument,
// not_found or conflict, always naming the thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/model/inventory.h"
#include "om/store/store.h"

namespace om::store {

/// More would be a slip; it also ends the search for loops.
inline constexpr std::size_t kMaxJumps = 8;

struct CategoryCount {
  Category category;
  std::int64_t apps = 0;
  std::int64_t hosts = 0;  ///< each once, however many of its applications are here
};
/// By id.
Result<std::vector<CategoryCount>> list_categories(Connection& connection);
Result<Category> find_category(Connection& connection, const std::string& name);
Result<Category> add_category(Transaction& transaction, const std::string& name);

struct AppCount {
  App app;
  std::int64_t hosts = 0;
};
/// By id; `categories` empty: all.
Result<std::vector<AppCount>> list_apps(Connection& connection,
                                        const std::vector<CategoryId>& categories);
/// "category/app", or a name that only one category has (else conflict, "inventory.app_ambiguous",
/// listing them).
Result<App> find_app(Connection& connection, const std::string& name);
Result<App> add_app(Transaction& transaction, const std::string& category, const std::string& name);

/// Which hosts: any of each list that is not empty, and the text in name, address, public address,
/// os or note.
struct HostFilter {
  std::vector<AppId> apps;
  std::vector<CategoryId> categories;
  std::vector<std::string> tags;
  std::string text;  ///< case counts only beyond ASCII
};
struct LastOutcome {
  RunId run_id;
  Outcome outcome = Outcome::lost;
  WallMs at_ms = 0;
};
struct HostRow {
  Host host;
  std::optional<LastOutcome> last;  ///< of the newest run that ended for it
};
/// By name.
Result<std::vector<HostRow>> list_hosts(Connection& connection, const HostFilter& filter);

Result<Host> find_host(Connection& connection, const std::string& name);
/// In the order of `names`, each once. Not found: all that are missing are named.
Result<std::vector<Host>> find_hosts(Connection& connection, const std::vector<std::string>& names);

/// The hosts that were targets of a run and ended in one of these ways; no outcome: in any but ok.
struct OfRun {
  RunId run;
  std::vector<Outcome> outcomes;
};
/// What a request asks for: hosts by name, then those of the applications, then those with the
/// tags, then those of a past run.
struct Selection {
  std::vector<std::string> hosts;
  std::vector<std::string> apps;  ///< as find_app takes them
  std::vector<std::string> tags;
  std::optional<OfRun> of_run = std::nullopt;
};
/// In that order, each host once, as it is in the inventory now. An application without hosts gives
/// none, and so do targets whose host is gone; an unknown name, tag or run is not_found.
Result<std::vector<Host>> select_hosts(Connection& connection, const Selection& selection);

/// Conflict when the name is taken. The host's apps must exist, its tags come into being; its id is
/// given.
Result<HostId> add_host(Transaction& transaction, const Host& host);
/// Replaces everything of the host with this name.
Result<void> update_host(Transaction& transaction, const Host& host);
enum class Saved { added, changed, unchanged };
/// Adds or replaces, by name.
Result<Saved> save_host(Transaction& transaction, const Host& host);
/// Conflict while another host jumps through it. Runs keep what they know of it.
Result<void> remove_host(Transaction& transaction, const std::string& name);
/// That the key and the become password of this one host exist and are of the right kind.
Result<void> check_credentials_of(Connection& connection, const Host& host);
/// That every jump host and credential named in the inventory exists, and that nothing is behind
/// more than kMaxJumps jumps (or behind itself). Call it last in a transaction that saved hosts,
/// and fail the transaction with its error.
Result<void> check_references(Connection& connection);

struct TagCount {
  std::string tag;
  std::int64_t hosts = 0;
};
Result<std::vector<TagCount>> list_tags(Connection& connection);

}  // namespace om::store
