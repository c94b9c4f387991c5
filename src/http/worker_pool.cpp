// SPDX-License-Identifier: MIT
#include "http/worker_pool.h"

#include <utility>

namespace om::http {

WorkerPool::WorkerPool(const Clock& clock, const api::Dispatch& dispatch, std::size_t threads,
                       std::size_t queue_max, OnAnswer on_answer)
    : queue_max_(queue_max), on_answer_(std::move(on_answer)), running_(threads) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    // Made here, one after the other: each compiles a regular expression, and libstdc++ fills a
    // table of the process's locale while it does.
    Exchange& exchange = *exchanges_.emplace_back(std::make_unique<Exchange>(clock, dispatch));
    threads_.emplace_back([this, &exchange] { work(exchange); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_or_stop_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::submit(std::uint64_t connection, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_max_) return false;
    queue_.emplace_back(connection, std::move(job));
  }
  work_or_stop_.notify_one();
  return true;
}

bool WorkerPool::stop(Duration patience) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  work_or_stop_.notify_all();
  return ended_.wait_for(lock, patience, [this] { return running_ == 0; });
}

void WorkerPool::work(Exchange& exchange) {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_or_stop_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) break;
    auto [connection, job] = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    on_answer_(connection, exchange.run(std::move(job)));
    lock.lock();
  }
  --running_;
  ended_.notify_all();
}

}  // namespace om::http
