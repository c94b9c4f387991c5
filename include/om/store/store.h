// SPDX-License-Identifier: MIT
//
// Store: the one SQLite database (WAL, synchronous=FULL). One writer thread owns the only
// connection that writes and checkpoints; it commits what has queued up as one transaction, at most
// 5 ms later, each piece of work in a savepoint of its own. Everybody else reads on leased
// read-only connections. Nothing here may be called on a reactor's thread but submit().
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::store {

/// An open SQLite connection, reading. Defined in src/store/connection.h; the table families take
/// it by reference.
class Connection;
/// The writer's connection inside a transaction. Only ever seen by a piece of work.
class Transaction;
/// The same connection, for a piece of work that reads before it writes.
Connection& connection_of(Transaction& transaction);
/// Runs `work` in a savepoint: what it did is undone when it fails, and only that.
Result<void> nested(Transaction& transaction, const std::function<Result<void>()>& work);
/// Runs `read` so that everything it reads is of one moment. Short: it is stopped after 5 s.
Result<void> snapshot(Connection& connection, const std::function<Result<void>()>& read);

struct Migration {
  int number = 0;  ///< from 1, without gaps
  std::string_view name;
  std::string_view sql;
};
/// migrations/NNNN_name.sql of this binary, in order; they live as long as the process.
std::vector<Migration> embedded_migrations();

/// A borrowed read-only connection, given back when destroyed. One thread, one request: none may
/// outlive it.
class Reader {
 public:
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) = delete;
  ~Reader();
  Connection& operator*() const { return *connection_; }

 private:
  friend class Store;
  Reader(class ReaderPool& pool, std::unique_ptr<Connection> connection);
  ReaderPool* pool_;
  std::unique_ptr<Connection> connection_;
};

class Store {
 public:
  struct Options {
    std::string path;  ///< DATA/omserver.db
    std::span<const Migration> migrations;
  };
  /// Opens or creates, backs up and migrates, refuses a newer database ("store.too_new") and a
  /// damaged one ("store.damaged"), then starts the writer. Requires: clock outlives the store.
  static Result<std::unique_ptr<Store>> open(const Options& options, const Clock& clock);
  /// Commits what is queued, checkpoints, joins the writer.
  ~Store();

  using Work = std::function<Result<void>(Transaction&)>;
  using Done = std::function<void(Result<void>)>;
  /// Queues work. `done` is called on the writer's thread once the commit is on disk, or with why
  /// not (then nothing of this piece of work has happened). Any thread.
  void submit(Work work, Done done);
  /// The same, waiting. Not on a reactor's thread.
  Result<void> write(Work work);
  /// Waits for a free connection (Errc::overloaded after 5 s).
  Result<Reader> read();

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::store
