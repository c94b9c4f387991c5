// SPDX-License-Identifier: MIT
#include "om/model/outcome.h"

#include <gtest/gtest.h>

namespace om {
namespace {

TEST(OutcomeTest, EveryWordReadsBack) {
  for (const Outcome outcome : kOutcomes)
    EXPECT_EQ(outcome_from_name(outcome_name(outcome)), outcome);
  for (const Platform platform : kPlatforms)
    EXPECT_EQ(platform_from_name(platform_name(platform)), platform);
  EXPECT_EQ(outcome_name(Outcome::timed_out), "timed_out");
  EXPECT_EQ(platform_name(Platform::saltstack), "saltstack");
  EXPECT_EQ(run_state_from_name("cancelling"), RunState::cancelling);
  EXPECT_EQ(run_state_from_name("paused"), RunState::paused);
  EXPECT_EQ(target_state_from_name("finished"), TargetState::finished);
  EXPECT_EQ(run_kind_from_name("fetch"), RunKind::fetch);
  EXPECT_EQ(risk_from_name("danger"), Risk::danger);
  EXPECT_EQ(become_method_from_name(become_method_name(BecomeMethod::su)), BecomeMethod::su);
  EXPECT_EQ(become_method_from_name("doas"), BecomeMethod::doas);
  EXPECT_FALSE(become_method_from_name("pbrun"));
  EXPECT_FALSE(outcome_from_name("success"));
}

}  // namespace
}  // namespace om
