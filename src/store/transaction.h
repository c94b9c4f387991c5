// SPDX-License-Identifier: MIT
//
// Transaction: the writer's connection inside BEGIN IMMEDIATE; rolls back unless commit() was
// called. Savepoint: one piece of work in it, undone unless kept. Both belong to the writer's
// thread.
#pragma once

#include "store/connection.h"

#include "om/base/result.h"

namespace om::store {

class Transaction {
 public:
  /// Requires: the connection is the writer's and in no transaction.
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<void> commit();
  /// False once SQLite has rolled back by itself, as it may for a full disk or an I/O error.
  bool is_open() const { return connection_ && connection_->in_transaction(); }
  Connection& connection() const { return *connection_; }

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;
};

class Savepoint {
 public:
  static Result<Savepoint> open(Transaction& transaction);
  Savepoint(Savepoint&& other) noexcept;
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint();

  Result<void> keep();
  /// What the destructor does, for a caller that must know whether it worked.
  Result<void> undo();

 private:
  explicit Savepoint(Transaction* transaction) : transaction_(transaction) {}
  Transaction* transaction_;
};

}  // namespace om::store
