// SPDX-License-Identifier: MIT
#include "om/model/batches.h"

#include <gtest/gtest.h>

namespace om {
namespace {

TEST(BatchesTest, SharesAreNumbersOrPercent) {
  EXPECT_EQ(share_from_text("10"), (Share{10, false}));
  EXPECT_EQ(share_from_text("25%"), (Share{25, true}));
  EXPECT_EQ(share_from_text("0"), (Share{0, false}));
  EXPECT_EQ(share_from_text("100%"), (Share{100, true}));
  for (const char* text : {"", "%", "101%", "-1", "+1", "1.5", "10 %", " 10", "ten", "12345678",
                           "99999999999999999999", "10%%"}) {
    EXPECT_FALSE(share_from_text(text)) << text;
  }
  EXPECT_EQ(share_text({10, false}), "10");
  EXPECT_EQ(share_text({25, true}), "25%");
}

TEST(BatchesTest, EveryWordReadsBack) {
  EXPECT_EQ(pause_mode_from_name("after_canary"), PauseMode::after_canary);
  EXPECT_EQ(pause_mode_name(PauseMode::after_each), "after_each");
  EXPECT_EQ(start_order_from_name(start_order_name(StartOrder::random)), StartOrder::random);
  EXPECT_EQ(paused_reason_from_name("too_many_failed"), PausedReason::too_many_failed);
  EXPECT_EQ(paused_reason_name(PausedReason::by_hand), "by_hand");
  EXPECT_FALSE(pause_mode_from_name("sometimes"));
}

}  // namespace
}  // namespace om
