// SPDX-License-Identifier: MIT
//
// WorkerPool: the threads that call dispatch(), behind a bounded queue. submit() and stop() from
// any thread; answers are given on the worker's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "http/exchange.h"

namespace om::http {

class WorkerPool {
 public:
  using OnAnswer = std::function<void(std::uint64_t connection, Answer answer)>;

  /// Requires: clock and dispatch outlive the pool.
  WorkerPool(const Clock& clock, const api::Dispatch& dispatch, std::size_t threads,
             std::size_t queue_max, OnAnswer on_answer);
  /// Waits for the jobs under way.
  ~WorkerPool();

  /// False when the queue is full or the pool is stopping.
  bool submit(std::uint64_t connection, Job job);
  /// Takes no more jobs, does the queued ones, waits at most `patience`. False when some thread is
  /// still inside dispatch() by then.
  bool stop(Duration patience);

 private:
  void work(Exchange& exchange);

  const std::size_t queue_max_;
  const OnAnswer on_answer_;

  std::mutex mutex_;  // guards the next five
  std::condition_variable work_or_stop_;
  std::condition_variable ended_;
  std::deque<std::pair<std::uint64_t, Job>> queue_;
  bool stopping_ = false;
  std::size_t running_ = 0;

  std::vector<std::unique_ptr<Exchange>> exchanges_;  // one a thread
  std::vector<std::thread> threads_;
};

}  // namespace om::http
