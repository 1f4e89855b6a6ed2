#include "daemon/base/clock.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kpiwatch {
namespace {

TEST(ManualClockTest, MovesOnlyWhenTold) {
  ManualClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  clock.Set(absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
}

TEST(ManualClockTest, AdvancesOfSeveralThreadsAddUp) {
  ManualClock clock(absl::UnixEpoch());
  {
    std::vector<std::jthread> threads(4);
    for (std::jthread& thread : threads) {
      thread = std::jthread([&clock] {
        for (int i = 0; i < 1'000; ++i) {
          clock.Advance(absl::Seconds(1));
        }
      });
    }
  }
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(4'000));
}

TEST(SteadyClockTest, BeginsAtTheWallAndNeverGoesBack) {
  const absl::Time before = absl::Now();
  const SteadyClock clock;
  const absl::Time first = clock.Now();
  EXPECT_GE(first, before);
  EXPECT_GE(clock.Now(), first);
}

TEST(SystemClockTest, DoesNotStandBeforeThisProgramWasWritten) {
  EXPECT_GT(SystemClock().Now(), absl::FromCivil(absl::CivilDay(2025, 1, 1), absl::UTCTimeZone()));
}

}  // namespace
}  // namespace kpiwatch
