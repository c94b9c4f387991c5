// SPDX-License-Identifier: MIT
#include "om/base/clock.h"

#include <gtest/gtest.h>

namespace om {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ClockTest, WallTimeIsPrintedInUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'700'000'000'123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(ClockTest, DurationsReadAsPeopleSayThem) {
  EXPECT_EQ(duration_text(milliseconds(120)), "120 ms");
  EXPECT_EQ(duration_text(milliseconds(1200)), "1.2 s");
  EXPECT_EQ(duration_text(seconds(184)), "3 m 04 s");
  EXPECT_EQ(duration_text(seconds(7260)), "2 h 01 m");
}

TEST(ClockTest, ManualClockMovesBothTimesOnlyWhenTold) {
  ManualClock clock(1000);
  const MonotonicTime start = clock.now();
  EXPECT_EQ(clock.wall_ms(), 1000);
  clock.advance(milliseconds(250));
  EXPECT_EQ(clock.wall_ms(), 1250);
  EXPECT_EQ(whole_ms(clock.now() - start), 250);
}

}  // namespace
}  // namespace om
