// SPDX-License-Identifier: MIT
//
// ThreadSet: a thread for each task that may block, up to a number, joined when they have ended.
// Any thread may call.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "om/base/clock.h"

namespace om::http {

class ThreadSet {
 public:
  explicit ThreadSet(std::size_t most) : most_(most) {}
  /// Waits for the tasks.
  ~ThreadSet();

  bool has_room();
  /// Drops `task` when there is no room, or the system gives no thread.
  void start(std::function<void()> task);
  /// Asks every task to end; false when one has not within `patience`.
  bool stop(Duration patience);
  /// For the tasks: whether they are to end.
  bool stopping();

 private:
  struct Entry {
    std::thread thread;
    bool ended = false;
  };
  std::size_t live() const;
  void join_ended(std::unique_lock<std::mutex>& lock);

  const std::size_t most_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::list<Entry> entries_;
  bool stopping_ = false;
};

}  // namespace om::http
