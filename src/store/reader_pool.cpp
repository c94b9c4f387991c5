// SPDX-License-Identifier: MIT
#include "store/reader_pool.h"

#include <utility>

namespace om::store {

ReaderPool::~ReaderPool() {
  const std::lock_guard lock(mutex_);
  OM_CHECK(leased_ == 0);
}

Result<std::unique_ptr<Connection>> ReaderPool::lease() {
  {
    std::unique_lock lock(mutex_);
    // Real time, not Clock's: a thread is waiting here.
    if (!returned_.wait_for(lock, patience_, [this] { return leased_ < kMaxReaders; }))
      return fail(Errc::overloaded, "store.readers_busy",
                  "every database connection is busy; try again in a moment");
    ++leased_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto opened = Connection::open(path_, Connection::Mode::reader, clock_);
  if (!opened) give_back(nullptr);
  return opened;
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --leased_;
    if (connection) idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

Reader::Reader(ReaderPool& pool, std::unique_ptr<Connection> connection)
    : pool_(&pool), connection_(std::move(connection)) {}

Reader::Reader(Reader&& other) noexcept = default;

Reader::~Reader() {
  if (connection_) pool_->give_back(std::move(connection_));
}

}  // namespace om::store
