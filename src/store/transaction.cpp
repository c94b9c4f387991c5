// SPDX-License-Identifier: MIT
#include "store/transaction.h"

#include <utility>

namespace om::store {

Result<Transaction> Transaction::begin(Connection& connection) {
  OM_TRY(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(&connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  if (is_open()) static_cast<void>(connection_->execute("ROLLBACK").has_value());
}

Result<void> Transaction::commit() { return connection_->execute("COMMIT"); }

Result<Savepoint> Savepoint::open(Transaction& transaction) {
  OM_TRY(transaction.connection().execute("SAVEPOINT work"));
  return Savepoint(&transaction);
}

Savepoint::Savepoint(Savepoint&& other) noexcept
    : transaction_(std::exchange(other.transaction_, nullptr)) {}

Savepoint::~Savepoint() { static_cast<void>(undo().has_value()); }

Result<void> Savepoint::keep() {
  OM_TRY(transaction_->connection().execute("RELEASE work"));
  transaction_ = nullptr;
  return {};
}

Result<void> Savepoint::undo() {
  Transaction* transaction = std::exchange(transaction_, nullptr);
  if (!transaction || !transaction->is_open()) return {};
  OM_TRY(transaction->connection().execute("ROLLBACK TO work"));
  return transaction->connection().execute("RELEASE work");
}

Connection& connection_of(Transaction& transaction) { return transaction.connection(); }

Result<void> nested(Transaction& transaction, const std::function<Result<void>()>& work) {
  OM_TRY_SET(Savepoint savepoint, Savepoint::open(transaction));
  OM_TRY(work());
  return savepoint.keep();
}

}  // namespace om::store
