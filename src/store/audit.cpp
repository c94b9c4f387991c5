// SPDX-License-Identifier: MIT
#include "om/store/audit.h"

#include <algorithm>

#include "store/transaction.h"

#include "om/base/crypto.h"

namespace om::store {
namespace {

// A page of rows at a time: verifying years of them must not look like one endless read.
constexpr int kRowsAPage = 5000;

struct Row {
  AuditEntry entry;
  std::string hash;
};

AuditEntry entry_from(const Statement& row) {
  return {row.integer(0), row.integer(1), row.text(2), row.text(3),
          row.text(4),    row.text(5),    row.text(6), row.text(7)};
}

/// SHA-256 of the previous hash and the fields, each with its length, so that nothing can move from
/// one to the next.
std::string chain(std::string_view previous, const AuditEntry& entry) {
  std::string bytes(previous);
  const auto add = [&](std::string_view field) {
    bytes.append(std::to_string(field.size())).append(":").append(field);
  };
  add(std::to_string(entry.id));
  add(std::to_string(entry.at_ms));
  add(entry.user);
  add(entry.via);
  add(entry.peer);
  add(entry.action);
  add(entry.object);
  add(entry.details);
  return crypto::sha256(bytes);
}

Result<std::vector<Row>> rows_after(Connection& connection, std::int64_t id) {
  OM_TRY_SET(Statement rows,
             connection.query("SELECT id, at_ms, user, via, peer, action, object, details, hash"
                              " FROM audit WHERE id > ? ORDER BY id LIMIT ?",
                              id, kRowsAPage));
  std::vector<Row> page;
  OM_TRY(rows.each([&](const Statement& row) { page.push_back({entry_from(row), row.text(8)}); }));
  return page;
}

/// Follows the chain from row to row.
class Verifier {
 public:
  explicit Verifier(const std::optional<AuditHead>& known) : known_(known) {}

  bool broken() const { return verdict_.broken_at != 0; }
  std::int64_t last_id() const { return last_.id; }

  void take(const Row& row) {
    const std::int64_t expected = last_.id + 1;
    if (row.entry.id != expected) return fault(expected, "is missing");
    if (chain(last_.hash, row.entry) != row.hash)
      return fault(expected, "was changed, or one before it was replaced");
    last_ = {expected, row.hash};
    ++verdict_.rows;
    if (known_ && known_->id == expected && known_->hash != row.hash)
      fault(expected, "is not the one whose hash was kept elsewhere");
  }
  void end(const AuditHead& head) {
    if (head.id > last_.id) return fault(last_.id + 1, "and those after it are missing");
    if (head.id < last_.id) return fault(head.id + 1, "was added past the head");
    if (head.hash != last_.hash)
      return fault(std::max<std::int64_t>(head.id, 1), "is not the one that the head names");
    if (known_ && known_->id > last_.id)
      fault(last_.id + 1, "is missing: the head that was kept elsewhere is newer");
  }
  AuditVerdict verdict() && { return std::move(verdict_); }

 private:
  void fault(std::int64_t id, const std::string& what) {
    verdict_.broken_at = id;
    verdict_.fault = "audit row " + std::to_string(id) + " " + what;
  }

  const std::optional<AuditHead>& known_;
  AuditHead last_;
  AuditVerdict verdict_;
};

}  // namespace

Result<AuditHead> audit_head(Connection& connection) {
  OM_TRY_SET(Statement rows, connection.query("SELECT id, hash FROM audit_head"));
  OM_TRY_SET(const bool row, rows.step());
  if (!row) return fail(Errc::io, "store.damaged", "the audit has lost its head");
  return AuditHead{rows.integer(0), rows.text(1)};
}

Result<std::int64_t> append_audit(Transaction& transaction, const AuditEntry& given) {
  Connection& connection = transaction.connection();
  OM_TRY_SET(const AuditHead head, audit_head(connection));
  AuditEntry entry = given;
  entry.id = head.id + 1;
  const std::string hash = chain(head.hash, entry);
  OM_TRY(connection.execute(
      "INSERT INTO audit (id, at_ms, user, via, peer, action, object, details, hash)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      entry.id, entry.at_ms, entry.user, entry.via, entry.peer, entry.action, entry.object,
      entry.details, Blob{hash}));
  OM_TRY(connection.execute("UPDATE audit_head SET id = ?, hash = ?", entry.id, Blob{hash}));
  return entry.id;
}

Result<std::vector<AuditEntry>> list_audit(Connection& connection,
                                           std::optional<std::int64_t> before, int limit) {
  OM_TRY_SET(
      Statement rows,
      connection.query("SELECT id, at_ms, user, via, peer, action, object, details"
                       " FROM audit WHERE id < ifnull(?1, 1 << 62) ORDER BY id DESC LIMIT ?2",
                       before, limit));
  std::vector<AuditEntry> entries;
  OM_TRY(rows.each([&](const Statement& row) { entries.push_back(entry_from(row)); }));
  return entries;
}

Result<AuditVerdict> verify_audit(Connection& connection, const std::optional<AuditHead>& known) {
  Verifier verifier(known);
  while (!verifier.broken()) {
    // The last page and the head are of one moment, whatever is appended meanwhile.
    OM_TRY_SET(const Snapshot held, Snapshot::begin(connection));
    OM_TRY_SET(const auto page, rows_after(connection, verifier.last_id()));
    for (const Row& row : page) {
      verifier.take(row);
      if (verifier.broken()) break;
    }
    if (verifier.broken() || std::ssize(page) == kRowsAPage) continue;
    OM_TRY_SET(const AuditHead head, audit_head(connection));
    verifier.end(head);
    break;
  }
  return std::move(verifier).verdict();
}

}  // namespace om::store
