// SPDX-License-Identifier: MIT
//
// Host keys: what is in known_hosts, what servers showed, and somebody's word on it. Each key that
// is accepted, rejected, forgotten or imported has an audit entry, written before the file is.
#include "om/store/host_keys.h"

#include <algorithm>
#include <map>
#include <set>

#include "api/resources.h"

#include "om/keys/host_key_book.h"
#include "om/keys/known_hosts.h"
#include "om/keys/private_key.h"

namespace om::api {
namespace {

constexpr std::int64_t kMostRows = 1000;
constexpr std::int64_t kUsualRows = 200;
/// Of bad lines named in one answer.
constexpr std::size_t kMostProblems = 1000;
constexpr std::int64_t kLargestId = 9'007'199'254'740'991;  // that JSON's numbers hold
constexpr std::size_t kMostIds = 20'000;

using store::SeenHostKey;

const char* marker_name(keys::KnownHosts::Marker marker) {
  switch (marker) {
    case keys::KnownHosts::Marker::none:
      return "";
    case keys::KnownHosts::Marker::revoked:
      return "revoked";
    case keys::KnownHosts::Marker::cert_authority:
      return "cert-authority";
  }
  OM_CHECK(false);
}

Json problems_json(const std::vector<keys::KnownHosts::Problem>& problems) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(problems.size(), kMostProblems); ++i) {
    list.push_back({{"line", problems[i].line}, {"message", problems[i].what}});
  }
  return list;
}

Result<Json> on_file(const Call& call) {
  OM_TRY_SET(const std::int64_t after, call.query_number("after", 0, 0, kLargestId));
  OM_TRY_SET(const std::int64_t limit, call.query_number("limit", kUsualRows, 1, kMostRows));
  OM_TRY_SET(const keys::HostKeyListing listing,
             call.services.host_keys.list(call.request.query_value("q").value_or(""),
                                          static_cast<std::size_t>(after),
                                          static_cast<std::size_t>(limit)));
  Json list = Json::array();
  for (const keys::ListedHostKey& key : listing.keys) {
    list.push_back({{"line", key.line},
                    {"marker", marker_name(key.marker)},
                    {"names", key.names},
                    {"algorithm", key.algorithm},
                    {"fingerprint", key.fingerprint},
                    {"hashed", key.hashed}});
  }
  return Json{
      {"host_keys", list}, {"problems", problems_json(listing.problems)}, {"total", listing.total}};
}

/// The inventory's hosts by the name that known_hosts has for them.
Result<std::map<std::string, std::vector<std::string>>> hosts_by_key_name(
    store::Connection& connection) {
  OM_TRY_SET(const std::vector<store::HostKeyPlace> places,
             store::list_host_key_places(connection));
  std::map<std::string, std::vector<std::string>> hosts;
  for (const store::HostKeyPlace& place : places) {
    const std::string name = place.alias.empty()
                                 ? keys::KnownHosts::display_name(place.address, place.port)
                                 : keys::KnownHosts::display_name(place.alias, 22);
    hosts[name].push_back(place.host);
  }
  return hosts;
}

Result<Json> pending(const Call& call) {
  OM_TRY_SET(const std::int64_t after, call.query_number("after", 0, 0, kLargestId));
  OM_TRY_SET(const std::int64_t limit, call.query_number("limit", kUsualRows, 1, kMostRows));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<SeenHostKey> rows,
             store::list_seen_host_keys(*reader, after, limit));
  OM_TRY_SET(const std::int64_t total, store::count_seen_host_keys(*reader));
  OM_TRY_SET(const auto hosts, hosts_by_key_name(*reader));
  Json list = Json::array();
  for (const SeenHostKey& row : rows) {
    const auto users = hosts.find(row.name);
    list.push_back({{"id", row.id},
                    {"name", row.name},
                    {"hosts", users == hosts.end() ? Json::array() : Json(users->second)},
                    {"verdict", row.verdict},
                    {"algorithm", row.algorithm},
                    {"fingerprint", row.fingerprint},
                    {"known_fingerprint", row.known_fingerprint},
                    {"first_seen", time_or_null(row.first_ms)},
                    {"last_seen", time_or_null(row.last_ms)}});
  }
  return Json{{"pending", list}, {"total", total}};
}

Result<std::vector<std::int64_t>> ids_from(const Json& value) {
  const auto wrong = [] {
    return fail(Errc::invalid_argument, "request.field",
                "field 'ids' must be a list of at most " + std::to_string(kMostIds) +
                    " numbers, as GET /host-keys/pending gives them");
  };
  if (!value.is_array() || value.size() > kMostIds) return wrong();
  std::set<std::int64_t> ids;
  for (const Json& id : value) {
    if (!id.is_number_integer() || id < 1 || id > kLargestId) return wrong();
    ids.insert(id.get<std::int64_t>());
  }
  return std::vector<std::int64_t>(ids.begin(), ids.end());
}

/// The change, and an audit entry that it was not made when it failed after those that say it was.
template <class Outcome>
Result<Outcome> audited(const Call& call, Result<Outcome> changed, bool is_confirmed) {
  if (changed || !is_confirmed) return changed;
  const Result<void> told =
      call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
        return call.audit(transaction, "known_hosts", "not written: " + changed.error().message);
      });
  return told ? changed : told.error();
}

std::string key_text(const std::string& algorithm, const std::string& fingerprint) {
  return algorithm + " " + fingerprint;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

Result<std::vector<keys::KeyAccepted>> accept_in_file(const Call& call,
                                                      const std::vector<SeenHostKey>& rows) {
  std::vector<keys::KeyToAccept> wanted;
  for (const SeenHostKey& row : rows) {
    wanted.push_back({row.name, {row.algorithm, row.blob}, row.known_fingerprint});
  }
  bool is_confirmed = false;
  const auto confirm = [&](const std::vector<keys::KeyAccepted>& outcomes) -> Result<void> {
    OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (outcomes[i].refused) continue;
        std::string details = key_text(rows[i].algorithm, rows[i].fingerprint);
        if (!outcomes[i].old_fingerprints.empty()) {
          details += " in place of " + joined(outcomes[i].old_fingerprints);
        }
        OM_TRY(call.audit(transaction, rows[i].name, details));
      }
      return {};
    }));
    is_confirmed = true;
    return {};
  };
  return audited(call, call.services.host_keys.accept(wanted, confirm), is_confirmed);
}

Result<Json> accepted(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const bool all_new = body.flag("all_new");
  const Json given = body.any("ids");
  OM_TRY(body.finish());
  if (all_new == !given.is_null()) {
    return fail(Errc::invalid_argument, "request.field", "give either 'ids' or 'all_new': true");
  }
  std::vector<SeenHostKey> rows;
  Json refused = Json::array();
  {
    OM_TRY_SET(const store::Reader reader, call.services.store.read());
    if (all_new) {
      OM_TRY_SET(rows, store::list_seen_host_keys(*reader, 0, store::kMostSeenHostKeys));
      std::erase_if(rows, [](const SeenHostKey& row) {
        return row.verdict != "accepted" && row.verdict != "unknown";
      });
    } else {
      OM_TRY_SET(const std::vector<std::int64_t> ids, ids_from(given));
      OM_TRY_SET(rows, store::find_seen_host_keys(*reader, ids));
      for (const std::int64_t id : ids) {
        const bool is_there = std::any_of(rows.begin(), rows.end(),
                                          [id](const SeenHostKey& row) { return row.id == id; });
        if (is_there) continue;
        refused.push_back({{"id", id},
                           {"name", ""},
                           {"reason", "hostkey.none"},
                           {"message", "no host key waits under number " + std::to_string(id) +
                                           "; list them again"}});
      }
    }
  }
  OM_TRY_SET(const std::vector<keys::KeyAccepted> outcomes, accept_in_file(call, rows));
  std::vector<std::int64_t> done;
  std::vector<std::string> replaced;  // what was recorded for these is not on file any more
  std::vector<SeenHostKey> moved_on;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const keys::KeyAccepted& outcome = outcomes[i];
    if (!outcome.refused) {
      done.push_back(rows[i].id);
      if (!outcome.old_fingerprints.empty()) replaced.push_back(rows[i].name);
      continue;
    }
    refused.push_back({{"id", rows[i].id},
                       {"name", rows[i].name},
                       {"reason", outcome.refused->reason},
                       {"message", outcome.refused->message}});
    if (outcome.refused->reason != "hostkey.moved_on") continue;
    moved_on.push_back(rows[i]);
    moved_on.back().verdict = "changed";
    moved_on.back().known_fingerprint = outcome.known_fingerprint;
  }
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    for (const SeenHostKey& row : moved_on) OM_TRY(store::note_host_key(transaction, row));
    OM_TRY(store::remove_recorded_host_keys(transaction, replaced));
    return store::remove_seen_host_keys(transaction, done);
  }));
  return Json{{"accepted", done.size()}, {"refused", refused}};
}

Result<Json> rejected(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const Json given = body.any("ids");
  const auto after = body.flag("revoke") ? keys::AfterRemoval::revoke : keys::AfterRemoval::nothing;
  OM_TRY(body.finish());
  OM_TRY_SET(const std::vector<std::int64_t> ids, ids_from(given));
  std::vector<SeenHostKey> rows;
  {
    OM_TRY_SET(const store::Reader reader, call.services.store.read());
    OM_TRY_SET(rows, store::find_seen_host_keys(*reader, ids));
  }
  // Those that were recorded by themselves leave the file, too.
  std::vector<keys::KeyOfName> leaving;
  for (const SeenHostKey& row : rows) {
    if (row.verdict == "accepted" || after == keys::AfterRemoval::revoke) {
      leaving.push_back({row.name, {row.algorithm, row.blob}});
    }
  }
  bool is_confirmed = false;
  const auto confirm = [&](const std::vector<keys::KeyOfName>& removed) -> Result<void> {
    OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
      for (const SeenHostKey& row : rows) {
        const bool is_removed =
            std::any_of(removed.begin(), removed.end(), [&row](const keys::KeyOfName& key) {
              return key.name == row.name && key.key.blob == row.blob;
            });
        OM_TRY(call.audit(transaction, row.name,
                          key_text(row.algorithm, row.fingerprint) + ", which was " + row.verdict +
                              (is_removed ? "; taken out of known_hosts" : "") +
                              (after == keys::AfterRemoval::revoke ? "; revoked" : "")));
      }
      return {};
    }));
    is_confirmed = true;
    return {};
  };
  OM_TRY(audited(call, call.services.host_keys.remove(leaving, after, confirm), is_confirmed));
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    std::vector<std::int64_t> done;
    for (const SeenHostKey& row : rows) done.push_back(row.id);
    return store::remove_seen_host_keys(transaction, done);
  }));
  return Json{{"rejected", rows.size()}};
}

/// A name of known_hosts as it is; a host of the inventory by where it is looked up.
Result<std::vector<std::string>> names_on_file(const Call& call,
                                               const std::vector<std::string>& given) {
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const auto hosts, hosts_by_key_name(*reader));
  std::vector<std::string> names;
  for (const std::string& name : given) {
    names.push_back(keys::KnownHosts::normal_name(name));
    for (const auto& [key_name, users] : hosts) {
      if (std::find(users.begin(), users.end(), name) != users.end()) names.push_back(key_name);
    }
  }
  return names;
}

Result<Json> forgotten(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::vector<std::string> given = body.texts("names");
  OM_TRY(body.finish());
  if (given.empty()) {
    return fail(Errc::invalid_argument, "request.field", "field 'names' is missing or empty");
  }
  OM_TRY_SET(const std::vector<std::string> names, names_on_file(call, given));
  bool is_confirmed = false;
  const auto confirm = [&](const std::vector<keys::KeyOfName>& removed) -> Result<void> {
    OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
      for (const keys::KeyOfName& key : removed) {
        OM_TRY(call.audit(transaction, key.name,
                          key_text(key.key.algorithm, keys::fingerprint_of(key.key.blob))));
      }
      // Its next key is new, and must be seen as such.
      return store::remove_recorded_host_keys(transaction, names);
    }));
    is_confirmed = true;
    return {};
  };
  OM_TRY_SET(const std::vector<keys::KeyOfName> removed,
             audited(call, call.services.host_keys.forget(names, confirm), is_confirmed));
  return Json{{"removed", removed.size()}};
}

Result<Json> imported(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string text = body.required_text("text");
  OM_TRY(body.finish());
  bool is_confirmed = false;
  const auto confirm = [&](const keys::KeysImported& import) -> Result<void> {
    OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
      for (std::size_t i = 0; i < import.added.size(); ++i) {
        const keys::KnownHosts::Entry& entry = import.added[i];
        const std::string marker = marker_name(entry.marker);
        OM_TRY(call.audit(transaction, import.added_names[i],
                          (marker.empty() ? "" : "@" + marker + " ") +
                              key_text(entry.algorithm, keys::fingerprint_of(entry.blob))));
      }
      return {};
    }));
    is_confirmed = true;
    return {};
  };
  OM_TRY_SET(const keys::KeysImported import,
             audited(call, call.services.host_keys.import(text, confirm), is_confirmed));
  return Json{{"added", import.added.size()},
              {"unchanged", import.unchanged},
              {"problems", problems_json(import.problems)}};
}

}  // namespace

Response list_host_keys(const Call& call) { return respond(on_file(call)); }
Response list_pending_host_keys(const Call& call) { return respond(pending(call)); }
Response accept_host_keys(const Call& call) { return respond(accepted(call)); }
Response reject_host_keys(const Call& call) { return respond(rejected(call)); }
Response forget_host_keys(const Call& call) { return respond(forgotten(call)); }
Response import_host_keys(const Call& call) { return respond(imported(call)); }

}  // namespace om::api
