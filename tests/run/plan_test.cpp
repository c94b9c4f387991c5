// SPDX-License-Identifier: MIT
#include "om/run/plan.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace om::run {
namespace {

using Indexes = std::vector<int>;

std::string starts(Plan& plan, int most = 100) {
  std::string text;
  for (int i = 0; i < most; ++i) {
    const std::optional<Plan::Start> start = plan.next();
    if (!start) break;
    text += std::to_string(start->run.value) + ":" + std::to_string(start->target_index) + " ";
  }
  return text;
}

void add(Plan& plan, std::int64_t run, int total, int limit,
         const std::optional<Batches>& batches = std::nullopt) {
  plan.add(RunId{run}, make_schedule(batches, total, limit));
}

Batches batches_of(const char* size, int canary = 0) {
  Batches batches;
  batches.size = *share_from_text(size);
  batches.canary = canary;
  return batches;
}

TEST(PlanTest, StartsInOrderUpToTheRunsLimit) {
  Plan plan(100);
  add(plan, 1, 5, 2);
  EXPECT_EQ(starts(plan), "1:0 1:1 ");
  plan.ended(RunId{1}, Outcome::ok);
  EXPECT_EQ(starts(plan), "1:2 ");
}

TEST(PlanTest, RunsTakeTurns) {
  Plan plan(100);
  add(plan, 1, 3, 10);
  add(plan, 2, 2, 10);
  EXPECT_EQ(starts(plan), "1:0 2:0 1:1 2:1 1:2 ");
}

TEST(PlanTest, ASmallRunIsNotHeldUpByABigOneThatFillsTheLimit) {
  Plan plan(4);
  add(plan, 1, 1000, 1000);
  EXPECT_EQ(starts(plan), "1:0 1:1 1:2 1:3 ");
  add(plan, 2, 1, 10);
  plan.ended(RunId{1}, Outcome::ok);
  plan.ended(RunId{1}, Outcome::ok);
  EXPECT_EQ(starts(plan), "1:4 2:0 ");
}

TEST(PlanTest, StoppedRunStartsNothingMoreAndTellsWhatNeverStarted) {
  Plan plan(100);
  add(plan, 1, 5, 2);
  EXPECT_EQ(starts(plan), "1:0 1:1 ");
  EXPECT_EQ(plan.stop(RunId{1}), (Indexes{2, 3, 4}));
  EXPECT_EQ(plan.stop(RunId{1}), Indexes{}) << "they have been told";
  plan.ended(RunId{1}, Outcome::ok);
  plan.ended(RunId{1}, Outcome::ok);
  EXPECT_EQ(starts(plan), "");
  plan.remove(RunId{1});
}

TEST(PlanTest, EndedTargetsMakeRoomForAll) {
  Plan plan(1);
  add(plan, 1, 2, 5);
  EXPECT_EQ(starts(plan), "1:0 ");
  plan.ended(RunId{1}, Outcome::ok);
  EXPECT_EQ(starts(plan), "1:1 ");
  plan.ended(RunId{1}, Outcome::ok);
  plan.remove(RunId{1});
  add(plan, 2, 1, 1);
  EXPECT_EQ(starts(plan), "2:0 ");
}

TEST(PlanTest, TheNextBatchWaitsForTheWholeOfTheOneBefore) {
  Plan plan(100);
  add(plan, 1, 5, 10, batches_of("2", 1));
  EXPECT_EQ(starts(plan), "1:0 ");
  plan.ended(RunId{1}, Outcome::ok);
  EXPECT_EQ(starts(plan), "1:1 1:2 ");
  plan.ended(RunId{1}, Outcome::ok);
  EXPECT_EQ(starts(plan), "");
  plan.ended(RunId{1}, Outcome::failed);
  EXPECT_EQ(starts(plan), "1:3 1:4 ");
}

TEST(PlanTest, ABatchThatWaitsDoesNotHoldUpAnotherRun) {
  Plan plan(100);
  add(plan, 1, 4, 10, batches_of("1"));
  add(plan, 2, 2, 10);
  EXPECT_EQ(starts(plan), "1:0 2:0 2:1 ");
}

TEST(PlanTest, TooManyFailedIsSaidWhenOneMoreThanAllowedHasFailed) {
  Plan plan(100);
  Batches batches = batches_of("100%");
  batches.max_failed = Share{1, false};
  add(plan, 1, 5, 3, batches);
  EXPECT_EQ(starts(plan), "1:0 1:1 1:2 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::unreachable), Plan::Turn::go_on);
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::lost), Plan::Turn::too_many_failed);
  EXPECT_EQ(plan.failed(RunId{1}), 2);
  EXPECT_EQ(plan.stop(RunId{1}), (Indexes{3, 4}));
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::failed), Plan::Turn::go_on) << "nothing left to stop";
}

TEST(PlanTest, ZeroStopsAtTheFirstAndTheLastTargetHasNothingToStop) {
  Plan plan(100);
  Batches batches = batches_of("100%");
  batches.max_failed = Share{0, false};
  add(plan, 1, 2, 1, batches);
  EXPECT_EQ(starts(plan), "1:0 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::go_on);
  EXPECT_EQ(starts(plan), "1:1 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::failed), Plan::Turn::go_on);
}

TEST(PlanTest, PausesAfterTheCanaryUntilItIsToldToGoOn) {
  Plan plan(100);
  Batches batches = batches_of("2", 1);
  batches.pause = PauseMode::after_canary;
  add(plan, 1, 5, 10, batches);
  EXPECT_EQ(starts(plan), "1:0 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::pause);
  EXPECT_EQ(starts(plan), "");
  plan.go_on(RunId{1});
  EXPECT_EQ(starts(plan), "1:1 1:2 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::go_on);
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::go_on);
  EXPECT_EQ(starts(plan), "1:3 1:4 ");
}

TEST(PlanTest, PausesAfterEachBatchButTheLast) {
  Plan plan(100);
  Batches batches = batches_of("1");
  batches.pause = PauseMode::after_each;
  add(plan, 1, 2, 10, batches);
  EXPECT_EQ(starts(plan), "1:0 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::pause);
  plan.go_on(RunId{1});
  EXPECT_EQ(starts(plan), "1:1 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::go_on);
}

TEST(PlanTest, HeldByHandNothingStartsAndWhatRunsMayEnd) {
  Plan plan(100);
  add(plan, 1, 4, 2);
  add(plan, 2, 1, 2);
  EXPECT_EQ(starts(plan, 1), "1:0 ");
  plan.hold(RunId{1});
  plan.hold(RunId{1});
  EXPECT_EQ(starts(plan), "2:0 ");
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::go_on);
  EXPECT_EQ(starts(plan), "");
  plan.go_on(RunId{1});
  plan.go_on(RunId{1});
  EXPECT_EQ(starts(plan), "1:1 1:2 ");
}

TEST(PlanTest, ARunHeldByHandAtTheEndOfABatchIsNotPausedTwice) {
  Plan plan(100);
  Batches batches = batches_of("1");
  batches.pause = PauseMode::after_each;
  add(plan, 1, 2, 10, batches);
  EXPECT_EQ(starts(plan), "1:0 ");
  plan.hold(RunId{1});
  EXPECT_EQ(plan.ended(RunId{1}, Outcome::ok), Plan::Turn::go_on);
  plan.go_on(RunId{1});
  EXPECT_EQ(starts(plan), "1:1 ");
}

/// What must hold of any runs whatever, in whichever order their targets end.
class AnyRuns : public testing::TestWithParam<std::uint32_t> {
 protected:
  int upto(int most) { return std::uniform_int_distribution(0, most)(engine_); }
  Batches any_batches() {
    Batches batches;
    batches.size = upto(1) == 0 ? Share{1 + upto(20), false} : Share{1 + upto(99), true};
    batches.canary = upto(3);
    if (upto(2) == 0) batches.max_failed = Share{upto(10), upto(1) == 0};
    batches.pause = static_cast<PauseMode>(upto(2));
    batches.order = static_cast<StartOrder>(upto(1));
    batches.seed = static_cast<std::uint32_t>(upto(1000));
    return batches;
  }

  std::mt19937 engine_{GetParam()};
};

TEST_P(AnyRuns, BatchesNeverOverlapLimitsHoldAndEveryTargetIsToldOnce) {
  struct Watched {
    int total = 0;
    int limit = 0;
    std::optional<int> max_failed;
    std::set<int> told;  ///< started, or never started as stop() said
    std::vector<int> batches_under_way;
    int failed = 0;
    int last_batch = 0;
    bool held = false;
    bool stopped = false;
  };
  const int limit_all = 1 + upto(12);
  Plan plan(limit_all);
  std::vector<Watched> runs(static_cast<std::size_t>(1 + upto(3)));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Watched& run = runs[i];
    run.total = 1 + upto(40);
    run.limit = 1 + upto(8);
    const Schedule schedule = make_schedule(any_batches(), run.total, run.limit);
    run.max_failed = schedule.max_failed;
    plan.add(RunId{static_cast<std::int64_t>(i)}, schedule);
  }
  int under_way = 0;
  for (int step = 0; step < 5000; ++step) {
    while (const auto start = plan.next()) {
      Watched& run = runs[static_cast<std::size_t>(start->run.value)];
      ASSERT_FALSE(run.held || run.stopped);
      ASSERT_LE(run.failed, run.max_failed.value_or(run.total)) << "more failed than allowed";
      ASSERT_TRUE(run.told.insert(start->target_index).second);
      ASSERT_GE(start->batch, run.last_batch);
      run.last_batch = start->batch;
      run.batches_under_way.push_back(start->batch);
      ASSERT_EQ(std::ranges::count(run.batches_under_way, start->batch),
                std::ssize(run.batches_under_way))
          << "two batches at once";
      ASSERT_LE(std::ssize(run.batches_under_way), run.limit);
      ASSERT_LE(++under_way, limit_all);
    }
    const auto which = static_cast<std::size_t>(upto(static_cast<int>(runs.size()) - 1));
    Watched& run = runs[which];
    const RunId id{static_cast<std::int64_t>(which)};
    if (run.batches_under_way.empty() || upto(9) == 0) {
      if (std::exchange(run.held, !run.held)) {
        plan.go_on(id);
      } else {
        plan.hold(id);
      }
      continue;
    }
    run.batches_under_way.pop_back();
    --under_way;
    const Outcome outcome = upto(3) == 0 ? Outcome::failed : Outcome::ok;
    if (outcome != Outcome::ok) ++run.failed;
    switch (plan.ended(id, outcome)) {
      case Plan::Turn::go_on:
        break;
      case Plan::Turn::pause:
        run.held = true;
        break;
      case Plan::Turn::too_many_failed:
        ASSERT_GT(run.failed, *run.max_failed);
        for (const int index : plan.stop(id)) ASSERT_TRUE(run.told.insert(index).second);
        run.stopped = true;
        break;
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(std::ssize(runs[i].told), runs[i].total);
    plan.remove(RunId{static_cast<std::int64_t>(i)});
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyRuns, testing::Range(1U, 201U));

}  // namespace
}  // namespace om::run
