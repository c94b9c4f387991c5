// SPDX-License-Identifier: MIT
#include "om/run/schedule.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace om::run {
namespace {

using Sizes = std::vector<int>;

Batches of_size(const char* size, int canary = 0) {
  Batches batches;
  batches.size = *share_from_text(size);
  batches.canary = canary;
  return batches;
}

Sizes sizes(const std::optional<Batches>& batches, int total) {
  return make_schedule(batches, total, 5).sizes();
}

TEST(ScheduleTest, WithoutBatchesAllTargetsAreOne) {
  const Schedule schedule = make_schedule(std::nullopt, 3, 5);
  EXPECT_EQ(schedule.sizes(), (Sizes{3}));
  EXPECT_EQ(schedule.order, (Sizes{0, 1, 2}));
  EXPECT_EQ(schedule.limit, 5);
  EXPECT_FALSE(schedule.max_failed);
  EXPECT_FALSE(schedule.pauses_after(0));
}

TEST(ScheduleTest, BatchesAreSoManyTargetsAndTheLastHasTheRest) {
  EXPECT_EQ(sizes(of_size("10"), 25), (Sizes{10, 10, 5}));
  EXPECT_EQ(sizes(of_size("25"), 25), (Sizes{25}));
  EXPECT_EQ(sizes(of_size("1000"), 25), (Sizes{25}));
  EXPECT_EQ(sizes(of_size("1"), 3), (Sizes{1, 1, 1}));
}

TEST(ScheduleTest, PercentAreOfAllTargetsRoundedUp) {
  EXPECT_EQ(sizes(of_size("25%"), 10), (Sizes{3, 3, 3, 1}));
  EXPECT_EQ(sizes(of_size("1%"), 3), (Sizes{1, 1, 1}));
  EXPECT_EQ(sizes(of_size("100%"), 7), (Sizes{7}));
  EXPECT_EQ(sizes(of_size("50%"), 20'000), (Sizes{10'000, 10'000}));
}

TEST(ScheduleTest, TheCanaryGoesFirstAsABatchOfItsOwn) {
  EXPECT_EQ(sizes(of_size("10", 1), 25), (Sizes{1, 10, 10, 4}));
  EXPECT_EQ(sizes(of_size("100%", 2), 10), (Sizes{2, 8}));
  EXPECT_EQ(sizes(of_size("10", 5), 5), (Sizes{5}));
  EXPECT_EQ(sizes(of_size("10", 50), 5), (Sizes{5}));
}

TEST(ScheduleTest, AShareOfFailuresIsRoundedDown) {
  Batches batches = of_size("10");
  const auto most = [&](const char* share, int total) {
    batches.max_failed = *share_from_text(share);
    return *make_schedule(batches, total, 5).max_failed;
  };
  EXPECT_EQ(most("0", 25), 0);
  EXPECT_EQ(most("3", 25), 3);
  EXPECT_EQ(most("10%", 25), 2);
  EXPECT_EQ(most("10%", 5), 0);
  EXPECT_EQ(most("100%", 20'000), 20'000);
}

TEST(ScheduleTest, PausesComeAfterTheCanaryOrAfterEach) {
  Batches batches = of_size("10", 1);
  batches.pause = PauseMode::after_canary;
  Schedule schedule = make_schedule(batches, 25, 5);
  EXPECT_TRUE(schedule.pauses_after(0));
  EXPECT_FALSE(schedule.pauses_after(1));
  batches.pause = PauseMode::after_each;
  schedule = make_schedule(batches, 25, 5);
  EXPECT_TRUE(schedule.pauses_after(1));
}

TEST(ScheduleTest, ARandomOrderHasEachTargetOnceAndComesBackFromItsSeed) {
  Batches batches = of_size("10");
  batches.order = StartOrder::random;
  batches.seed = 1;
  const Sizes first = make_schedule(batches, 100, 5).order;
  EXPECT_EQ(make_schedule(batches, 100, 5).order, first);
  batches.seed = 2;
  EXPECT_NE(make_schedule(batches, 100, 5).order, first);
  Sizes given(100);
  std::iota(given.begin(), given.end(), 0);
  EXPECT_NE(first, given);
  Sizes sorted = first;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, given);
}

/// What a seed gives is in the journal of past runs: it must not change with a library or a
/// release.
TEST(ScheduleTest, TheOrderOfASeedStaysAsItIs) {
  Batches batches = of_size("10");
  batches.order = StartOrder::random;
  batches.seed = 41;
  EXPECT_EQ(make_schedule(batches, 8, 5).order, (Sizes{4, 6, 0, 1, 5, 2, 7, 3}));
}

}  // namespace
}  // namespace om::run
