// SPDX-License-Identifier: MIT
#include "om/store/store.h"

#include <cerrno>
#include <future>
#include <utility>

#include <fcntl.h>

#include "store/migrate.h"
#include "store/reader_pool.h"
#include "store/writer.h"

#include "om/base/errno_error.h"
#include "om/base/fd.h"

namespace om::store {
namespace {

// SQLite would make it readable for everybody. Before any connection is open: closing a descriptor
// of the file drops the locks that SQLite holds on it.
Result<void> create_private(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return error_from_errno(path, errno);
  return {};
}

Result<void> quick_check(Connection& connection, const std::string& path) {
  OM_TRY_SET(Statement check, connection.query("PRAGMA quick_check(1)"));
  const auto row = check.step();
  if (!row) return row.error().within(path);
  if (*row && check.text(0) == "ok") return {};
  return fail(Errc::io, "store.damaged",
              path + " is damaged (" + (*row ? check.text(0) : "no answer") +
                  "); restore a backup, or move the file away to start afresh");
}

// After an I/O error, when nothing that was in memory is trusted.
Result<std::unique_ptr<Connection>> reopen(const std::string& path, const Clock& clock) {
  OM_TRY_SET(auto connection, Connection::open(path, Connection::Mode::writer, clock));
  OM_TRY(quick_check(*connection, path));
  OM_TRY(connection->use_write_ahead_log());
  return connection;
}

}  // namespace

struct Store::State {
  State(std::string path, const Clock& clock, std::unique_ptr<Connection> connection,
        Checkpoints checkpoints)
      : readers(path, clock, kLeaseWait),
        writer(std::move(connection), std::move(checkpoints),
               [path, &clock] { return reopen(path, clock); }) {}

  ReaderPool readers;
  Writer writer;  // goes first, and empties the log while the readers are still open
};

Result<std::unique_ptr<Store>> Store::open(const Options& options, const Clock& clock) {
  OM_CHECK(sqlite3_threadsafe() != 0);
  OM_TRY(create_private(options.path));
  OM_TRY_SET(auto connection, Connection::open(options.path, Connection::Mode::writer, clock));
  OM_TRY_SET(const Schema schema, find_schema(*connection, options.path, options.migrations));
  OM_TRY(quick_check(*connection, options.path));
  OM_TRY(connection->use_write_ahead_log());
  OM_TRY(migrate(*connection, options.path, schema, options.migrations));
  OM_TRY_SET(auto checkpoints, Checkpoints::attach(*connection));
  return std::unique_ptr<Store>(new Store(
      std::make_unique<State>(options.path, clock, std::move(connection), std::move(checkpoints))));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

void Store::submit(Work work, Done done) {
  state_->writer.submit(std::move(work), std::move(done), Writer::Urgency::gather);
}

Result<void> Store::write(Work work) {
  OM_CHECK(!state_->writer.on_writer_thread());
  // Shared with the writer: set_value() is still at work in it when get() returns.
  const auto promise = std::make_shared<std::promise<Result<void>>>();
  auto future = promise->get_future();
  state_->writer.submit(
      std::move(work), [promise](Result<void> result) { promise->set_value(std::move(result)); },
      Writer::Urgency::waiting);
  return future.get();
}

Result<Reader> Store::read() {
  OM_TRY_SET(auto connection, state_->readers.lease());
  return Reader(state_->readers, std::move(connection));
}

}  // namespace om::store
