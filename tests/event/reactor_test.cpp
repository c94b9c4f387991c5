// SPDX-License-Identifier: MIT
#include "om/event/reactor.h"

#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "om/base/fd.h"

namespace om::event {
namespace {

using std::chrono::milliseconds;

class ReactorTest : public testing::Test {
 protected:
  ManualClock clock_;
  std::unique_ptr<Reactor> reactor_ = *Reactor::create(clock_);
  void turn() { reactor_->turn(Duration::zero()); }
};

TEST_F(ReactorTest, TimersFireInOrderOnceTheirTimeHasCome) {
  std::string order;
  const Timer late = reactor_->after(milliseconds(20), [&] { order += "b"; });
  const Timer early = reactor_->after(milliseconds(10), [&] { order += "a"; });
  turn();
  EXPECT_EQ(order, "");
  clock_.advance(milliseconds(30));
  turn();
  EXPECT_EQ(order, "ab");
  EXPECT_FALSE(early.active());
}

TEST_F(ReactorTest, CancelledAndDestroyedTimersStaySilent) {
  int fired = 0;
  Timer cancelled = reactor_->after(milliseconds(1), [&] { ++fired; });
  cancelled.cancel();
  {
    const Timer gone = reactor_->after(milliseconds(1), [&] { ++fired; });
  }
  Timer replaced = reactor_->after(milliseconds(1), [&] { fired += 10; });
  replaced = reactor_->after(milliseconds(1), [&] { fired += 100; });
  clock_.advance(milliseconds(5));
  turn();
  EXPECT_EQ(fired, 100);
}

TEST_F(ReactorTest, TimerThatRearmsItselfDoesNotHoldTheTurn) {
  int fired = 0;
  Timer timer;
  std::function<void()> again = [&] {
    ++fired;
    timer = reactor_->after(Duration::zero(), again);
  };
  again();
  turn();
  turn();
  EXPECT_EQ(fired, 3);
}

TEST_F(ReactorTest, ReadablePipeIsReportedAndItsWatchMayDieInside) {
  Pipe pipe = *open_pipe();
  int reports = 0;
  Watch watch;
  watch = reactor_->watch(pipe.read_end.get(), kReadable, [&](std::uint32_t ready) {
    EXPECT_EQ(ready & kReadable, kReadable);
    ++reports;
    watch.cancel();
  });
  turn();
  EXPECT_EQ(reports, 0);
  ASSERT_EQ(::write(pipe.write_end.get(), "x", 1), 1);
  turn();
  turn();
  EXPECT_EQ(reports, 1);
}

TEST_F(ReactorTest, WatchCancelledByAnEarlierCallbackOfTheTurnStaysSilent) {
  Pipe one = *open_pipe();
  Pipe two = *open_pipe();
  int reports = 0;
  Watch first;
  Watch second;
  first = reactor_->watch(one.read_end.get(), kReadable, [&](std::uint32_t) {
    ++reports;
    second.cancel();
  });
  second = reactor_->watch(two.read_end.get(), kReadable, [&](std::uint32_t) {
    ++reports;
    first.cancel();
  });
  ASSERT_EQ(::write(one.write_end.get(), "x", 1), 1);
  ASSERT_EQ(::write(two.write_end.get(), "x", 1), 1);
  turn();
  EXPECT_EQ(reports, 1);
}

TEST_F(ReactorTest, InterestCanBeTurnedOffAndOn) {
  Pipe pipe = *open_pipe();
  ASSERT_EQ(::write(pipe.write_end.get(), "x", 1), 1);
  int reports = 0;
  Watch watch = reactor_->watch(pipe.read_end.get(), kReadable, [&](std::uint32_t) { ++reports; });
  watch.set_interest(0);
  turn();
  EXPECT_EQ(reports, 0);
  watch.set_interest(kReadable);
  turn();
  EXPECT_EQ(reports, 1);
}

TEST(ReactorThreadTest, TasksFromManyThreadsAllRunOnTheLoop) {
  const SystemClock clock;
  const std::unique_ptr<Reactor> reactor = *Reactor::create(clock);
  int ran = 0;
  std::thread loop([&] { reactor->run(); });
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        reactor->post([&] {
          EXPECT_TRUE(reactor->on_loop_thread());
          ++ran;
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  reactor->stop();
  loop.join();
  EXPECT_EQ(ran, 4000);
}

}  // namespace
}  // namespace om::event
