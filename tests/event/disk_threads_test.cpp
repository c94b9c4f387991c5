// SPDX-License-Identifier: MIT
#include "om/event/disk_threads.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

namespace om::event {
namespace {

TEST(DiskThreadsTest, PiecesOfWorkRunBesideEachOther) {
  DiskThreads disk(2);
  std::promise<void> first;
  std::promise<void> second;
  disk.run([&] { first.get_future().wait(); });
  disk.run([&] {
    first.set_value();
    second.set_value();
  });
  second.get_future().wait();
}

TEST(DiskThreadsTest, WorkUnderWayIsWaitedForAndTheRestDropped) {
  std::atomic<int> done{0};
  std::promise<void> begun;
  {
    DiskThreads disk(1);
    std::promise<void> go_on;
    disk.run([&] {
      begun.set_value();
      go_on.get_future().wait();
      ++done;
    });
    begun.get_future().wait();
    for (int i = 0; i < 1000; ++i) disk.run([&] { ++done; });
    go_on.set_value();
  }
  EXPECT_GE(done, 1);
}

}  // namespace
}  // namespace om::event
