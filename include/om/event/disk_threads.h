// SPDX-License-Identifier: MIT
//
// DiskThreads: a few threads for reading, writing and hashing files, which the reactors must not
// wait for. Owned by main; run() may be called from any thread, also from its own. Work is done in
// the order it came, several pieces at once; what it found goes back by Reactor::post().
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace om::event {

class DiskThreads {
 public:
  using Work = std::function<void()>;
  /// A file system that hangs (NFS) holds one of them for each file that is read from it.
  static constexpr int kThreads = 4;

  explicit DiskThreads(int threads = kThreads);
  /// Waits for the work under way; what is still queued is dropped undone.
  ~DiskThreads();
  DiskThreads(const DiskThreads&) = delete;
  DiskThreads& operator=(const DiskThreads&) = delete;

  void run(Work work);

 private:
  void serve();

  std::mutex mutex_;  // guards the next three
  std::condition_variable work_or_end_;
  std::deque<Work> queue_;
  bool ending_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace om::event
