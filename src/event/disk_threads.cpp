// SPDX-License-Identifier: MIT
#include "om/event/disk_threads.h"

#include <utility>

namespace om::event {

DiskThreads::DiskThreads(int threads) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

DiskThreads::~DiskThreads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_or_end_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void DiskThreads::run(Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  work_or_end_.notify_one();
}

void DiskThreads::serve() {
  for (;;) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      work_or_end_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (ending_) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace om::event
