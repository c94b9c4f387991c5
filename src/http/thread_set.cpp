// SPDX-License-Identifier: MIT
#include "http/thread_set.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "om/base/log.h"

namespace om::http {

ThreadSet::~ThreadSet() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  ended_.wait(lock, [this] { return live() == 0; });
  join_ended(lock);
}

std::size_t ThreadSet::live() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const Entry& e) { return !e.ended; }));
}

bool ThreadSet::has_room() {
  const std::lock_guard lock(mutex_);
  return !stopping_ && live() < most_;
}

void ThreadSet::start(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  join_ended(lock);
  if (stopping_ || live() >= most_) return;
  Entry& entry = entries_.emplace_back();
  try {
    entry.thread = std::thread([this, &entry, task = std::move(task)]() mutable {
      task();
      task = nullptr;  // what it holds ends before the set says so
      const std::lock_guard guard(mutex_);
      entry.ended = true;
      ended_.notify_all();
    });
  } catch (const std::system_error& error) {
    log::error("no thread for a connection", {{"what", error.what()}});
    entries_.pop_back();
  }
}

bool ThreadSet::stop(Duration patience) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  return ended_.wait_for(lock, patience, [this] { return live() == 0; });
}

bool ThreadSet::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void ThreadSet::join_ended(std::unique_lock<std::mutex>& lock) {
  std::list<Entry> ended;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto next = std::next(it);
    if (it->ended) ended.splice(ended.end(), entries_, it);
    it = next;
  }
  // Their last act was to say so: joining takes no time, but they need the mutex to get there.
  lock.unlock();
  for (Entry& entry : ended) entry.thread.join();
  lock.lock();
}

}  // namespace om::http
