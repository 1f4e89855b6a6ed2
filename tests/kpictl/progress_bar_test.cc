#include "daemon/kpictl/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace kpiwatch {
namespace {

TEST(ProgressBarTest, ShowsShareRateAndTimeLeft) {
  std::ostringstream out;
  const absl::Time start = absl::UnixEpoch();
  ProgressBar bar(out, /*is_terminal=*/true, 1000, start);
  bar.Update(1200, 250, start + absl::Seconds(10));
  EXPECT_EQ(out.str(), "\r[######..................]  25 %  ETA 00:30  1.2k records, 120/s\033[K");
}

TEST(ProgressBarTest, DrawsAtMostTenTimesASecondAndTheEndAlways) {
  std::ostringstream out;
  const absl::Time start = absl::UnixEpoch();
  ProgressBar bar(out, true, 0, start);
  bar.Update(1, 1, start + absl::Seconds(1));
  const std::string drawn = out.str();
  bar.Update(2, 2, start + absl::Milliseconds(1099));
  EXPECT_EQ(out.str(), drawn);
  bar.Finish(2, 2, start + absl::Milliseconds(1099));
  EXPECT_THAT(out.str(), testing::EndsWith("2 records, 2/s\033[K\n"));
}

TEST(ProgressBarTest, IsSilentWhereNobodyLooks) {
  std::ostringstream out;
  ProgressBar bar(out, /*is_terminal=*/false, 10, absl::UnixEpoch());
  bar.Update(1, 1, absl::UnixEpoch() + absl::Seconds(1));
  bar.Finish(1, 1, absl::UnixEpoch() + absl::Seconds(1));
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBarTest, CountsAreShort) {
  EXPECT_EQ(ShortCount(17), "17");
  EXPECT_EQ(ShortCount(1234), "1.2k");
  EXPECT_EQ(ShortCount(340'000), "340k");
  EXPECT_EQ(ShortCount(1'250'000), "1.2M");
}

}  // namespace
}  // namespace kpiwatch
