// SPDX-License-Identifier: MIT
#include "om/run/plan.h"

#include <string>

#include <gtest/gtest.h>

namespace om::run {
namespace {

std::string starts(Plan& plan, int most = 100) {
  std::string text;
  for (int i = 0; i < most; ++i) {
    const std::optional<Plan::Start> start = plan.next();
    if (!start) break;
    text += std::to_string(start->run.value) + ":" + std::to_string(start->target_index) + " ";
  }
  return text;
}

TEST(PlanTest, StartsInOrderUpToTheRunsLimit) {
  Plan plan(100);
  plan.add(RunId{1}, 5, 2);
  EXPECT_EQ(starts(plan), "1:0 1:1 ");
  plan.ended(RunId{1});
  EXPECT_EQ(starts(plan), "1:2 ");
}

TEST(PlanTest, RunsTakeTurns) {
  Plan plan(100);
  plan.add(RunId{1}, 3, 10);
  plan.add(RunId{2}, 2, 10);
  EXPECT_EQ(starts(plan), "1:0 2:0 1:1 2:1 1:2 ");
}

TEST(PlanTest, ASmallRunIsNotHeldUpByABigOneThatFillsTheLimit) {
  Plan plan(4);
  plan.add(RunId{1}, 1000, 1000);
  EXPECT_EQ(starts(plan), "1:0 1:1 1:2 1:3 ");
  plan.add(RunId{2}, 1, 10);
  plan.ended(RunId{1});
  plan.ended(RunId{1});
  EXPECT_EQ(starts(plan), "1:4 2:0 ");
}

TEST(PlanTest, StoppedRunStartsNothingMoreAndTellsWhatNeverStarted) {
  Plan plan(100);
  plan.add(RunId{1}, 5, 2);
  EXPECT_EQ(starts(plan), "1:0 1:1 ");
  EXPECT_EQ(plan.stop(RunId{1}), 2);
  plan.ended(RunId{1});
  plan.ended(RunId{1});
  EXPECT_EQ(starts(plan), "");
  plan.remove(RunId{1});
}

TEST(PlanTest, EndedTargetsMakeRoomForAll) {
  Plan plan(1);
  plan.add(RunId{1}, 2, 5);
  EXPECT_EQ(starts(plan), "1:0 ");
  plan.ended(RunId{1});
  EXPECT_EQ(starts(plan), "1:1 ");
  plan.ended(RunId{1});
  plan.remove(RunId{1});
  plan.add(RunId{2}, 1, 1);
  EXPECT_EQ(starts(plan), "2:0 ");
}

}  // namespace
}  // namespace om::run
