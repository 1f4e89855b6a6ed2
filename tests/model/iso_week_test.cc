#include "daemon/model/iso_week.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

IsoWeek Of(std::string_view day) { return IsoWeek::Of(*Day::Parse(day)); }

// S-03.
TEST(IsoWeekTest, BelongsToTheYearOfItsThursday) {
  EXPECT_EQ(Of("2026-09-28"), (IsoWeek{2026, 40}));
  EXPECT_EQ(Of("2026-01-01"), (IsoWeek{2026, 1}));
  EXPECT_EQ(Of("2025-12-29"), (IsoWeek{2026, 1}));
  EXPECT_EQ(Of("2026-12-31"), (IsoWeek{2026, 53}));
  EXPECT_EQ(Of("2027-01-03"), (IsoWeek{2026, 53}));
  EXPECT_EQ(Of("2027-01-04"), (IsoWeek{2027, 1}));
  EXPECT_EQ(Of("2021-01-03"), (IsoWeek{2020, 53}));
  EXPECT_EQ(Of("2024-12-30"), (IsoWeek{2025, 1}));
}

TEST(IsoWeekTest, OnlyLongYearsHaveAWeek53) {
  EXPECT_EQ((IsoWeek{2026, 53}).Thursday(), Day::Parse("2026-12-31"));
  EXPECT_EQ((IsoWeek{2020, 53}).Thursday(), Day::Parse("2020-12-31"));
  EXPECT_EQ((IsoWeek{2025, 53}).Thursday(), std::nullopt);
  EXPECT_EQ((IsoWeek{2027, 53}).Thursday(), std::nullopt);
}

TEST(IsoWeekTest, RefusesWeeksThatNoYearHas) {
  EXPECT_EQ((IsoWeek{2026, 0}).Thursday(), std::nullopt);
  EXPECT_EQ((IsoWeek{2026, 54}).Thursday(), std::nullopt);
  EXPECT_EQ((IsoWeek{2026, -1}).Thursday(), std::nullopt);
}

TEST(IsoWeekTest, EveryDayLiesAroundTheThursdayOfItsWeek) {
  for (Day day = *Day::Parse("1990-01-01"); day < *Day::Parse("2060-01-01"); ++day) {
    const std::optional<Day> thursday = IsoWeek::Of(day).Thursday();
    ASSERT_TRUE(thursday.has_value()) << day.ToString();
    ASSERT_EQ(*thursday - 3, day - day.weekday()) << day.ToString();
  }
}

}  // namespace
}  // namespace kpiwatch
