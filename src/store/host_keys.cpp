// SPDX-License-Identifier: MIT
#include "om/store/host_keys.h"

#include <algorithm>

#include "store/transaction.h"

namespace om::store {
namespace {

SeenHostKey seen_from(const Statement& row) {
  return {row.integer(0), row.text(1), row.text(2),    row.text(3),   row.text(4),
          row.text(5),    row.text(6), row.integer(7), row.integer(8)};
}

/// Makes room; `id` was just added for `name`.
Result<void> keep_within_bounds(Connection& connection, const std::string& name) {
  OM_TRY(
      connection.execute("DELETE FROM host_key_seen WHERE id IN (SELECT id FROM host_key_seen"
                         " WHERE name = ? ORDER BY last_ms DESC, id DESC LIMIT -1 OFFSET ?)",
                         name, kMostSeenKeysOfName));
  // Counting takes a millisecond; mostly the numbers tell that there cannot be too many. (Both in
  // one SELECT would read the whole table.)
  OM_TRY_SET(const std::int64_t span,
             connection.query_integer("SELECT (SELECT max(id) FROM host_key_seen)"
                                      " - (SELECT min(id) FROM host_key_seen) + 1"));
  if (span <= kMostSeenHostKeys) return {};
  OM_TRY_SET(const std::int64_t count, count_seen_host_keys(connection));
  if (count <= kMostSeenHostKeys) return {};
  return connection.execute(
      "DELETE FROM host_key_seen WHERE id IN (SELECT id FROM host_key_seen"
      " ORDER BY last_ms, id LIMIT ?)",
      count - kMostSeenHostKeys);
}

}  // namespace

Result<bool> note_host_key(Transaction& transaction, const SeenHostKey& seen) {
  Connection& connection = transaction.connection();
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, name, algorithm, blob, fingerprint, known_fingerprint,"
                              " verdict, first_ms, last_ms FROM host_key_seen"
                              " WHERE name = ? AND algorithm = ? AND blob = ?",
                              seen.name, seen.algorithm, Blob{seen.blob}));
  OM_TRY_SET(const bool is_there, rows.step());
  if (!is_there) {
    OM_TRY(connection.execute(
        "INSERT INTO host_key_seen (name, algorithm, blob, fingerprint, known_fingerprint, verdict,"
        " first_ms, last_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        seen.name, seen.algorithm, Blob{seen.blob}, seen.fingerprint, seen.known_fingerprint,
        seen.verdict, seen.last_ms, seen.last_ms));
    OM_TRY(keep_within_bounds(connection, seen.name));
    return true;
  }
  const SeenHostKey before = seen_from(rows);
  const bool is_news =
      before.verdict != seen.verdict || before.known_fingerprint != seen.known_fingerprint;
  const bool is_later = seen.last_ms - before.last_ms >= kSeenAgainAfterMs;
  if (!is_news && !is_later) return false;
  OM_TRY(connection.execute(
      "UPDATE host_key_seen SET verdict = ?, known_fingerprint = ?, last_ms = ?"
      " WHERE id = ?",
      seen.verdict, seen.known_fingerprint, std::max(seen.last_ms, before.last_ms), before.id));
  return is_news;
}

Result<std::vector<SeenHostKey>> list_seen_host_keys(Connection& connection, std::int64_t after,
                                                     std::int64_t limit) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, name, algorithm, blob, fingerprint, known_fingerprint,"
                              " verdict, first_ms, last_ms FROM host_key_seen WHERE id > ?"
                              " ORDER BY id LIMIT ?",
                              after, limit));
  std::vector<SeenHostKey> seen;
  OM_TRY(rows.each([&](const Statement& row) { seen.push_back(seen_from(row)); }));
  return seen;
}

Result<std::int64_t> count_seen_host_keys(Connection& connection) {
  return connection.query_integer("SELECT count(*) FROM host_key_seen");
}

Result<std::vector<SeenHostKey>> find_seen_host_keys(Connection& connection,
                                                     const std::vector<std::int64_t>& ids) {
  std::vector<SeenHostKey> seen;
  for (const std::int64_t id : ids) {
    OM_TRY_SET(Statement rows,
               connection.query("SELECT id, name, algorithm, blob, fingerprint, known_fingerprint,"
                                " verdict, first_ms, last_ms FROM host_key_seen WHERE id = ?",
                                id));
    OM_TRY(rows.each([&](const Statement& row) { seen.push_back(seen_from(row)); }));
  }
  std::sort(seen.begin(), seen.end(),
            [](const SeenHostKey& a, const SeenHostKey& b) { return a.id < b.id; });
  return seen;
}

Result<void> remove_seen_host_keys(Transaction& transaction, const std::vector<std::int64_t>& ids) {
  for (const std::int64_t id : ids) {
    OM_TRY(transaction.connection().execute("DELETE FROM host_key_seen WHERE id = ?", id));
  }
  return {};
}

Result<void> remove_recorded_host_keys(Transaction& transaction,
                                       const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    OM_TRY(transaction.connection().execute(
        "DELETE FROM host_key_seen WHERE name = ? AND verdict = 'accepted'", name));
  }
  return {};
}

Result<std::vector<HostKeyPlace>> list_host_key_places(Connection& connection) {
  OM_TRY_SET(
      Statement rows,
      connection.query("SELECT name, address, port, host_key_alias FROM host ORDER BY name"));
  std::vector<HostKeyPlace> places;
  OM_TRY(rows.each([&](const Statement& row) {
    places.push_back(
        {row.text(0), row.text(1), static_cast<std::uint16_t>(row.integer(2)), row.text(3)});
  }));
  return places;
}

}  // namespace om::store
