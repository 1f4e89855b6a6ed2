#include "daemon/model/day.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

TEST(DayTest, ReadsAndWritesDates) {
  EXPECT_EQ(Day::Parse("1970-01-01")->number, 0);
  EXPECT_EQ(Day::Parse("2026-09-28")->number, 20724);
  EXPECT_EQ(Day::Parse("1969-12-31")->number, -1);
  EXPECT_EQ((Day{20724}).ToString(), "2026-09-28");
  EXPECT_EQ(Day::Parse("2024-02-29")->ToString(), "2024-02-29");
  EXPECT_EQ(Day::Min().ToString(), "0001-01-01");
  EXPECT_EQ(Day::Max().ToString(), "9999-12-31");
  EXPECT_EQ(Day::Parse("0001-01-01"), Day::Min());
  EXPECT_EQ(Day::Parse("9999-12-31"), Day::Max());
}

TEST(DayTest, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2026-9-28", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
                           "0000-01-01", "2026/01/01", "20260101", "2026-01-01 ", "-026-01-01",
                           "2026-01-3a", "2026-04-31", "12026-01-01"}) {
    EXPECT_EQ(Day::Parse(text), std::nullopt) << text;
  }
}

TEST(DayTest, EveryDayOfFourCenturiesReadsBack) {
  for (Day day = *Day::Parse("1800-01-01"); day < *Day::Parse("2200-01-01"); ++day) {
    ASSERT_EQ(Day::Parse(day.ToString()), day);
    ASSERT_EQ(Day::FromCivil(day.ToCivil()), day);
  }
}

TEST(DayTest, KnowsItsWeekday) {
  EXPECT_EQ(Day::Parse("2026-09-28")->weekday(), 0);  // Monday
  EXPECT_EQ(Day::Parse("2026-09-27")->weekday(), 6);
  EXPECT_EQ(Day::Parse("1970-01-01")->weekday(), 3);
  EXPECT_EQ(Day::Parse("1969-12-28")->weekday(), 6);
  EXPECT_EQ(Day::Min().weekday(), 0);
}

TEST(DayTest, CivilDaysBeyondItsYearsBecomeTheNearest) {
  EXPECT_EQ(Day::FromCivil(absl::CivilDay::max()), Day::Max());
  EXPECT_EQ(Day::FromCivil(absl::CivilDay::min()), Day::Min());
}

}  // namespace
}  // namespace kpiwatch
