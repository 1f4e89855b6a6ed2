#include "daemon/model/period.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

Period P(PeriodKind kind, std::string_view begin, std::string_view end) {
  return {kind, *Day::Parse(begin), *Day::Parse(end)};
}

TEST(PeriodTest, HasTheNameThatPeopleUse) {
  EXPECT_EQ(P(PeriodKind::kDay, "2026-09-28", "2026-09-29").ToString(), "2026-09-28");
  EXPECT_EQ(P(PeriodKind::kWeek, "2026-09-28", "2026-10-05").ToString(), "2026-W40");
  EXPECT_EQ(P(PeriodKind::kWeek, "2024-12-30", "2025-01-06").ToString(), "2025-W01");
  EXPECT_EQ(P(PeriodKind::kMonth, "2026-09-01", "2026-10-01").ToString(), "2026-09");
  EXPECT_EQ(P(PeriodKind::kQuarter, "2026-07-01", "2026-10-01").ToString(), "2026-Q3");
  EXPECT_EQ(P(PeriodKind::kYear, "2026-01-01", "2027-01-01").ToString(), "2026");
}

TEST(PeriodTest, AnExplicitStretchAndAWeekFromSundayNameTheirDays) {
  EXPECT_EQ(P(PeriodKind::kTarget, "2013-08-30", "2013-11-30").ToString(), "2013-08-30/2013-11-30");
  EXPECT_EQ(P(PeriodKind::kWeek, "2026-09-27", "2026-10-04").ToString(), "2026-09-27/2026-10-04");
}

TEST(PeriodTest, ItsEndIsNotInside) {
  const Period day = P(PeriodKind::kDay, "2026-09-28", "2026-09-29");
  EXPECT_TRUE(day.Contains(day.begin));
  EXPECT_FALSE(day.Contains(day.end));
  EXPECT_FALSE(day.Contains(day.begin - 1));
}

TEST(PeriodTest, KindsHaveNames) {
  EXPECT_EQ(PeriodKindName(PeriodKind::kDay), "day");
  EXPECT_EQ(PeriodKindName(PeriodKind::kWeek), "week");
  EXPECT_EQ(PeriodKindName(PeriodKind::kMonth), "month");
  EXPECT_EQ(PeriodKindName(PeriodKind::kQuarter), "quarter");
  EXPECT_EQ(PeriodKindName(PeriodKind::kYear), "year");
  EXPECT_EQ(PeriodKindName(PeriodKind::kTarget), "target");
}

}  // namespace
}  // namespace kpiwatch
