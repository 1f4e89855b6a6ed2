// Due times in working days and working hours.
#include <gtest/gtest.h>

#include "daemon/calendar/business_calendar.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

absl::Time T(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
  return time;
}

// 7.5 hours a day: 09:00-12:00, 13:30-18:00.
CalendarOptions Office(const std::string& zone) {
  CalendarOptions options = CnOptions();
  options.zone = ZoneOf(zone);
  options.day_close = absl::Hours(20);
  options.working_hours = {{absl::Hours(9), absl::Hours(12)},
                           {absl::Hours(13) + absl::Minutes(30), absl::Hours(18)}};
  return options;
}

class WorkingTimeTest : public testing::Test {
 protected:
  absl::Time After(const char* from, int hours) {
    return office_.AddWorkingTime(T(from), absl::Hours(hours));
  }
  const BusinessCalendar office_{Office("Asia/Shanghai")};
};

TEST_F(WorkingTimeTest, PassesWithinWorkingHoursOnly) {
  EXPECT_EQ(After("2026-09-28T09:00:00+08:00", 3), T("2026-09-28T12:00:00+08:00"));
  EXPECT_EQ(After("2026-09-28T11:00:00+08:00", 2), T("2026-09-28T14:30:00+08:00")) << "lunch";
  EXPECT_EQ(After("2026-09-28T12:30:00+08:00", 1), T("2026-09-28T14:30:00+08:00"));
  EXPECT_EQ(After("2026-09-28T16:00:00+08:00", 4), T("2026-09-29T11:00:00+08:00"));
}

// S-23: eight working hours after a seal in the evening.
TEST_F(WorkingTimeTest, BeginsWithTheNextWorkingHours) {
  EXPECT_EQ(After("2026-09-28T22:00:00+08:00", 8), T("2026-09-30T09:30:00+08:00"));
  EXPECT_EQ(After("2026-09-28T22:00:00+08:00", 0), T("2026-09-29T09:00:00+08:00"));
}

// S-02: the days of National Day 2026 have no hours, the make-up Saturday 10-10 has.
TEST_F(WorkingTimeTest, SkipsDaysOffAndUsesMakeUpDays) {
  EXPECT_EQ(After("2026-09-30T17:00:00+08:00", 2), T("2026-10-08T10:00:00+08:00"));
  EXPECT_EQ(After("2026-10-03T10:00:00+08:00", 1), T("2026-10-08T10:00:00+08:00"));
  EXPECT_EQ(After("2026-10-09T17:00:00+08:00", 2), T("2026-10-10T10:00:00+08:00"));
}

// S-01: hours last as long as they really do where the clocks change within them.
TEST_F(WorkingTimeTest, CountsRealHoursWhereTheClocksChange) {
  CalendarOptions options = Office("Europe/Berlin");
  options.weekend = {0};
  options.holidays = {};
  options.working_hours = {{absl::Hours(0), absl::Hours(8)}};
  const BusinessCalendar berlin(options);
  // Sunday 2025-03-30 has no hour from 02:00 to 03:00, Sunday 2025-10-26 has it twice.
  EXPECT_EQ(berlin.AddWorkingTime(T("2025-03-30T00:00:00+01:00"), absl::Hours(4)),
            T("2025-03-30T05:00:00+02:00"));
  EXPECT_EQ(berlin.AddWorkingTime(T("2025-10-26T00:00:00+02:00"), absl::Hours(4)),
            T("2025-10-26T03:00:00+01:00"));
}

TEST_F(WorkingTimeTest, GoesByTheDateOnTheWallNotByTheBusinessDay) {
  CalendarOptions options = Office("Asia/Shanghai");
  options.day_cutoff = absl::Hours(10);
  const BusinessCalendar retail(options);
  // Business day Sunday 27th until Monday 10:00, but Monday's hours have begun.
  EXPECT_EQ(retail.AddWorkingTime(T("2026-09-28T09:00:00+08:00"), absl::Hours(1)),
            T("2026-09-28T10:00:00+08:00"));
}

// S-30: due at 18:00 of the day.
TEST_F(WorkingTimeTest, ADayIsDueAtTheEndOfItsLastHoursElseAtItsClose) {
  EXPECT_EQ(office_.DueTime(D("2026-09-28")), T("2026-09-28T18:00:00+08:00"));
  CalendarOptions options = Office("Asia/Shanghai");
  options.working_hours.clear();
  EXPECT_EQ(BusinessCalendar(options).DueTime(D("2026-09-28")), T("2026-09-28T20:00:00+08:00"));
}

TEST_F(WorkingTimeTest, AddsUp) {
  // A part after a part is the whole, wherever the first one ends.
  const absl::Time from = T("2026-09-25T10:17:00+08:00");
  for (int minutes = 0; minutes < 3000; minutes += 37) {
    const absl::Time middle = office_.AddWorkingTime(from, absl::Minutes(minutes));
    EXPECT_EQ(office_.AddWorkingTime(middle, absl::Minutes(3000 - minutes)),
              office_.AddWorkingTime(from, absl::Minutes(3000)))
        << minutes;
  }
}

}  // namespace
}  // namespace kpiwatch
