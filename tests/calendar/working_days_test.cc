#include "daemon/calendar/working_days.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <random>
#include <utility>

#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

constexpr int kSaturdayAndSunday[] = {5, 6};

// S-02: the days of the 2026 notice.
TEST(WorkingDaysTest, FollowThe2026Notice) {
  const BusinessCalendar cn = CnCalendar();
  const std::pair<const char*, const char*> off[] = {
      {"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"},
      {"2026-05-01", "2026-05-05"}, {"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"},
      {"2026-10-01", "2026-10-07"}};
  for (const auto& [first, last] : off) {
    EXPECT_EQ(cn.WorkingDays(D(first), D(last) + 1), 0) << first;
  }
  for (const char* day :
       {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}) {
    EXPECT_TRUE(cn.IsWorkingDay(D(day))) << day;
  }
}

// S-02: the days of the 2025 notice.
TEST(WorkingDaysTest, FollowThe2025Notice) {
  const BusinessCalendar cn = CnCalendar();
  const std::pair<const char*, const char*> off[] = {
      {"2025-01-01", "2025-01-01"}, {"2025-01-28", "2025-02-04"}, {"2025-04-04", "2025-04-06"},
      {"2025-05-01", "2025-05-05"}, {"2025-05-31", "2025-06-02"}, {"2025-10-01", "2025-10-08"}};
  for (const auto& [first, last] : off) {
    EXPECT_EQ(cn.WorkingDays(D(first), D(last) + 1), 0) << first;
  }
  for (const char* day : {"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"}) {
    EXPECT_TRUE(cn.IsWorkingDay(D(day))) << day;
  }
}

// S-02: working days per month.
TEST(WorkingDaysTest, PerMonthAreThoseOfTheNotices) {
  const BusinessCalendar cn = CnCalendar();
  const struct {
    int year;
    int months[12];
  } expected[] = {{2025, {19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23}},
                  {2026, {21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23}}};
  for (const auto& [year, months] : expected) {
    for (int month = 1; month <= 12; ++month) {
      const Period period =
          cn.PeriodOf(PeriodKind::kMonth, Day::FromCivil(absl::CivilDay(year, month, 1)));
      EXPECT_EQ(cn.WorkingDays(period.begin, period.end), months[month - 1]) << period.ToString();
    }
    const Period whole = cn.PeriodOf(PeriodKind::kYear, Day::FromCivil(absl::CivilDay(year, 7, 1)));
    EXPECT_EQ(cn.WorkingDays(whole.begin, whole.end), 248);
  }
}

// S-05: after 2026-02-14 the next working day is 2026-02-24; after 09-30 it is 10-08.
TEST(WorkingDaysTest, AddingSkipsHolidaysAndUsesMakeUpDays) {
  const BusinessCalendar cn = CnCalendar();
  const struct {
    const char* from;
    int n;
    const char* to;
  } cases[] = {{"2025-01-24", 1, "2025-01-26"},  {"2025-01-24", 3, "2025-02-05"},
               {"2025-01-26", 5, "2025-02-08"},  {"2025-09-28", 3, "2025-10-09"},
               {"2025-09-30", 1, "2025-10-09"},  {"2026-02-13", 1, "2026-02-14"},
               {"2026-02-13", 5, "2026-02-27"},  {"2024-04-30", 3, "2024-05-08"},
               {"2024-09-13", 2, "2024-09-18"},  {"2023-12-29", 1, "2024-01-02"},
               {"2026-02-14", 1, "2026-02-24"},  {"2026-09-30", 1, "2026-10-08"},
               {"2026-02-24", -1, "2026-02-14"}, {"2026-10-08", -1, "2026-09-30"},
               {"2026-02-17", 0, "2026-02-17"},  {"2026-02-27", -5, "2026-02-13"}};
  for (const auto& [from, n, to] : cases) {
    EXPECT_EQ(cn.AddWorkingDays(D(from), n).ToString(), to) << from << " " << n;
  }
}

TEST(WorkingDaysTest, AgreeWithCountingDayByDay) {
  const HolidaySet holidays = ShippedHolidays();
  const WorkingDayTable table(kSaturdayAndSunday, holidays.working);
  const auto works = [&](Day day) {
    const auto it = holidays.working.find(day);
    return it != holidays.working.end() ? it->second : day.weekday() < 5;
  };
  std::mt19937 random(3);
  for (int i = 0; i < 2'000; ++i) {
    const Day begin = D("2004-01-01") + static_cast<int>(random() % 9'500);  // into 2030
    const Day end = begin + static_cast<int>(random() % 800);
    int count = 0;
    for (Day day = begin; day < end; ++day) {
      ASSERT_EQ(table.Works(day), works(day)) << day.ToString();
      count += works(day) ? 1 : 0;
    }
    ASSERT_EQ(table.Count(begin, end), count) << begin.ToString() << " " << end.ToString();

    const int n = static_cast<int>(random() % 121) - 60;
    Day expected = begin;
    for (int left = std::abs(n); left > 0; left -= works(expected) ? 1 : 0) {
      expected = expected + (n > 0 ? 1 : -1);
    }
    ASSERT_EQ(table.Add(begin, n), expected) << begin.ToString() << " " << n;
  }
}

TEST(WorkingDaysTest, AnEmptyOrTurnedStretchHasNone) {
  const WorkingDayTable table(kSaturdayAndSunday, {});
  EXPECT_EQ(table.Count(D("2026-01-05"), D("2026-01-05")), 0);
  EXPECT_EQ(table.Count(D("2026-01-09"), D("2026-01-05")), 0);
}

TEST(WorkingDaysTest, AddingStaysWithinTheKnownYears) {
  const WorkingDayTable table(kSaturdayAndSunday, {});
  EXPECT_EQ(table.Add(D("2026-01-05"), std::numeric_limits<int>::max()), Day::Max());
  EXPECT_EQ(table.Add(D("2026-01-05"), std::numeric_limits<int>::min()), Day::Min());
  EXPECT_EQ(table.Add(Day::Max(), 1), Day::Max());
  EXPECT_EQ(table.Add(Day::Min(), -1), Day::Min());
}

TEST(WorkingDaysTest, OtherWeekendsAreDaysOffToo) {
  constexpr int kFriday[] = {4};
  const WorkingDayTable table(kFriday, {{D("2026-01-02"), true}, {D("2026-01-03"), false}});
  EXPECT_FALSE(table.Works(D("2026-01-09")));  // Friday
  EXPECT_TRUE(table.Works(D("2026-01-10")));
  EXPECT_TRUE(table.Works(D("2026-01-02")));
  EXPECT_FALSE(table.Works(D("2026-01-03")));
  EXPECT_EQ(table.Count(D("2025-12-29"), D("2026-01-12")), 12);
}

TEST(WorkingDaysDeathTest, AWeekNeedsAWorkingDay) {
  constexpr int kAll[] = {0, 1, 2, 3, 4, 5, 6};
  EXPECT_DEATH(WorkingDayTable(kAll, {}), "no working day");
}

}  // namespace
}  // namespace kpiwatch
