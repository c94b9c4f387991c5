// SPDX-License-Identifier: MIT
//
// The audit: who did what, in a table that triggers keep append-only. Each row's hash covers the
// hash of the row before it, and the head is kept apart, so that a change, a gap and a cut end are
// found. Somebody who may write the whole file can still make a new chain: compare with a head that
// was kept elsewhere. Free functions on a connection of the store, in its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"
#include "om/store/store.h"

namespace om::store {

/// Texts are kept as they are given, hostile ones too: escape where they are shown. Never a secret.
struct AuditEntry {
  std::int64_t id = 0;  ///< from 1, without gaps
  WallMs at_ms = 0;
  std::string user;
  std::string via;
  std::string peer;
  std::string action;  ///< "run.start"
  std::string object;  ///< "run 41"
  std::string details;
};
/// The id is given.
Result<std::int64_t> append_audit(Transaction& transaction, const AuditEntry& entry);
/// Newest first; `before` empty: from the newest.
Result<std::vector<AuditEntry>> list_audit(Connection& connection,
                                           std::optional<std::int64_t> before, int limit);

struct AuditHead {
  std::int64_t id = 0;  ///< of the newest row; 0: there is none
  std::string hash;     ///< 32 bytes, or empty
};
Result<AuditHead> audit_head(Connection& connection);

struct AuditVerdict {
  std::int64_t rows = 0;       ///< that were found right, from the first
  std::int64_t broken_at = 0;  ///< the first row that is not; 0: all are
  std::string fault;           ///< one sentence; empty when all are right
};
/// Recomputes the chain. `known`, where given, is a head from a log or another machine: this audit
/// must contain it.
Result<AuditVerdict> verify_audit(Connection& connection, const std::optional<AuditHead>& known);

}  // namespace om::store
