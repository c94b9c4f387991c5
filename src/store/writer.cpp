// SPDX-License-Identifier: MIT
#include "store/writer.h"

#include <algorithm>
#include <utility>

#include "store/transaction.h"

#include "om/base/log.h"

namespace om::store {
namespace {

// After a failed write or fsync the page cache may lie, and so may what was read through the
// connection.
bool breaks_trust(const Error& error) {
  return error.reason == "store.io" || error.reason == "store.damaged";
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, Checkpoints checkpoints, Reopen reopen)
    : reopen_(std::move(reopen)),
      connection_(std::move(connection)),
      checkpoints_(std::move(checkpoints)),
      thread_([this] { loop(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::submit(Store::Work work, Store::Done done, Urgency urgency) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    // Between a first piece that may wait and one that may not, nobody needs waking.
    wake = queue_.empty() || (urgency == Urgency::waiting && waiting_ == 0);
    queue_.push_back({std::move(work), std::move(done), urgency, {}});
    if (urgency == Urgency::waiting) ++waiting_;
  }
  if (wake) wake_.notify_one();
}

void Writer::loop() {
  while (wait_for_work()) commit_some();
  if (checkpoints_) checkpoints_->truncate();
}

bool Writer::wait_for_work() {
  std::unique_lock lock(mutex_);
  const auto something = [this] { return !queue_.empty() || stop_; };
  while (!something()) {
    if (!checkpoints_ || checkpoints_->wal_bytes() == 0) {
      wake_.wait(lock, something);
    } else if (!wake_.wait_for(lock, kIdle, something)) {
      lock.unlock();
      checkpoints_->truncate();  // held up by a reader: once more after the next wait
      lock.lock();
    }
  }
  wake_.wait_until(lock, next_turn_, [this] { return waiting_ > 0 || stop_; });
  return !queue_.empty();
}

void Writer::commit_some() {
  next_turn_ = std::chrono::steady_clock::now() + kGather;
  std::vector<Piece> pieces;
  const Result<void> all = run_pieces(pieces, next_turn_);
  if (all && failing_) log::info("database writes work again");
  if (!all && !failing_) log::error("database write failed", {{"error", all.error().message}});
  failing_ = !all;
  if (!all) {
    while (take(pieces)) {
    }
    for (Piece& piece : pieces)
      if (piece.result) piece.result = all;
    if (breaks_trust(all.error())) abandon_connection();
  }
  for (Piece& piece : pieces)
    if (piece.done) piece.done(std::move(piece.result));
  pieces.clear();
  if (checkpoints_) checkpoints_->after_commit();
}

Result<void> Writer::run_pieces(std::vector<Piece>& pieces, Time until) {
  OM_TRY(ensure_connection());
  OM_TRY_SET(Transaction transaction, Transaction::begin(*connection_));
  while (take(pieces)) {
    Piece& piece = pieces.back();
    OM_TRY_SET(Savepoint savepoint, Savepoint::open(transaction));
    piece.result = piece.work(transaction);
    if (!piece.result && breaks_trust(piece.result.error())) return piece.result;
    // A full disk may have taken the whole transaction with it, and everybody's work.
    if (!transaction.is_open())
      return piece.result ? fail(Errc::io, "store.rolled_back", "the transaction was rolled back")
                          : piece.result.error();
    if (piece.result) {
      OM_TRY(savepoint.keep());
    } else {
      OM_TRY(savepoint.undo());
    }
    if (std::chrono::steady_clock::now() >= until) break;
  }
  return transaction.commit();
}

bool Writer::take(std::vector<Piece>& pieces) {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return false;
  pieces.push_back(std::move(queue_.front()));
  queue_.pop_front();
  if (pieces.back().urgency == Urgency::waiting) --waiting_;
  return true;
}

// Until the disk is well again, every piece of work is told why not.
void Writer::abandon_connection() {
  checkpoints_.reset();
  connection_.reset();
}

Result<void> Writer::ensure_connection() {
  if (connection_) return {};
  OM_TRY_SET(auto connection, reopen_());
  OM_TRY_SET(auto checkpoints, Checkpoints::attach(*connection));
  checkpoints_.emplace(std::move(checkpoints));
  connection_ = std::move(connection);
  return {};
}

}  // namespace om::store
