#include <gtest/gtest.h>

#include <string>

#include "daemon/base/status_text.h"
#include "daemon/calendar/business_calendar.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

constexpr PeriodKind kNamedKinds[] = {PeriodKind::kDay, PeriodKind::kWeek, PeriodKind::kMonth,
                                      PeriodKind::kQuarter, PeriodKind::kYear};

BusinessCalendar FromSunday() {
  CalendarOptions options = CnOptions();
  options.week_start = 6;
  return BusinessCalendar(options);
}

int WorkingDaysOf(const BusinessCalendar& calendar, std::string_view name) {
  const absl::StatusOr<Period> period = calendar.ParsePeriod(name);
  EXPECT_TRUE(period.ok()) << period.status();
  return period.ok() ? calendar.WorkingDays(period->begin, period->end) : -1;
}

// S-03: a make-up Sunday belongs to the ISO week it ends.
TEST(WeekTest, CountsMakeUpDaysAndHolidays) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_EQ(WorkingDaysOf(cn, "2026-W38"), 6);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-W07"), 6);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-W08"), 0);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-W40"), 3);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-W41"), 3);
}

// S-11: the working days behind time progress.
TEST(MonthTest, HasTheWorkingDaysThatPaceNeeds) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_EQ(cn.WorkingDays(D("2026-06-01"), D("2026-06-16")), 11);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-06"), 21);
  EXPECT_EQ(cn.WorkingDays(D("2026-02-01"), D("2026-02-15")), 11);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-02"), 16);
  EXPECT_EQ(cn.WorkingDays(D("2026-10-01"), D("2026-10-16")), 7);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-10"), 18);
}

TEST(QuarterTest, HasTheWorkingDaysOfItsMonths) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_EQ(WorkingDaysOf(cn, "2026-Q1"), 59);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-Q2"), 61);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-Q3"), 66);
  EXPECT_EQ(WorkingDaysOf(cn, "2026-Q4"), 62);
}

// S-03: ISO weeks around the turn of the year.
TEST(WeekTest, AtTheEndOfTheYearFollowsIso) {
  const BusinessCalendar cn = CnCalendar();
  const struct {
    const char* day;
    const char* week;
  } cases[] = {{"2026-12-27", "2026-W52"}, {"2026-12-28", "2026-W53"}, {"2026-12-31", "2026-W53"},
               {"2027-01-01", "2026-W53"}, {"2027-01-03", "2026-W53"}, {"2027-01-04", "2027-W01"},
               {"2025-12-28", "2025-W52"}, {"2025-12-29", "2026-W01"}, {"2024-12-30", "2025-W01"},
               {"2021-01-03", "2020-W53"}};
  for (const auto& [day, week] : cases) {
    EXPECT_EQ(cn.PeriodOf(PeriodKind::kWeek, D(day)).ToString(), week) << day;
  }
  EXPECT_EQ(cn.ParsePeriod("2026-W53")->begin, D("2026-12-28"));
  EXPECT_EQ(cn.ParsePeriod("2027-W01")->begin, D("2027-01-04"));
}

TEST(WeekTest, MayStartOnSunday) {
  const BusinessCalendar calendar = FromSunday();
  const Period week = calendar.PeriodOf(PeriodKind::kWeek, D("2026-09-28"));
  EXPECT_EQ(week.begin, D("2026-09-27"));
  EXPECT_EQ(week.end, D("2026-10-04"));
  EXPECT_EQ(calendar.PeriodOf(PeriodKind::kWeek, D("2026-09-27")), week);
  EXPECT_EQ(calendar.PeriodOf(PeriodKind::kWeek, D("2026-10-03")), week);
  EXPECT_EQ(calendar.ParsePeriod("2026-W40").value(), week);
}

TEST(PeriodNameTest, NamesTheStretchOfDaysItSays) {
  const BusinessCalendar cn = CnCalendar();
  const struct {
    const char* name;
    PeriodKind kind;
    const char* begin;
    const char* end;
  } cases[] = {
      {"2026-09-28", PeriodKind::kDay, "2026-09-28", "2026-09-29"},
      {"2026-W40", PeriodKind::kWeek, "2026-09-28", "2026-10-05"},
      {"2026-09", PeriodKind::kMonth, "2026-09-01", "2026-10-01"},
      {"2024-02", PeriodKind::kMonth, "2024-02-01", "2024-03-01"},
      {"2026-Q4", PeriodKind::kQuarter, "2026-10-01", "2027-01-01"},
      {"2026", PeriodKind::kYear, "2026-01-01", "2027-01-01"},
      {"2013-08-30/2013-11-30", PeriodKind::kTarget, "2013-08-30", "2013-11-30"},
      {"2026-09-28/2026-10-05", PeriodKind::kTarget, "2026-09-28", "2026-10-05"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Period> period = cn.ParsePeriod(c.name);
    ASSERT_TRUE(period.ok()) << period.status();
    EXPECT_EQ(*period, (Period{c.kind, D(c.begin), D(c.end)})) << c.name;
    EXPECT_EQ(period->ToString(), c.name);
  }
}

TEST(PeriodNameTest, EveryPeriodReadsBackFromItsName) {
  for (const BusinessCalendar& calendar : {CnCalendar(), FromSunday()}) {
    for (Day day = D("2019-12-01"); day < D("2028-02-01"); ++day) {
      for (const PeriodKind kind : kNamedKinds) {
        const Period period = calendar.PeriodOf(kind, day);
        ASSERT_TRUE(period.Contains(day));
        ASSERT_EQ(calendar.PeriodOf(kind, period.begin), period);
        ASSERT_EQ(calendar.PeriodOf(kind, period.end).begin, period.end);
        ASSERT_EQ(calendar.ParsePeriod(period.ToString()).value(), period) << period.ToString();
      }
    }
  }
}

TEST(PeriodNameTest, PeriodsOfTheLastDayHoldIt) {
  const BusinessCalendar cn = CnCalendar();
  for (const PeriodKind kind : kNamedKinds) {
    EXPECT_TRUE(cn.PeriodOf(kind, Day::Max()).Contains(Day::Max()));
    EXPECT_TRUE(cn.PeriodOf(kind, Day::Min()).Contains(Day::Min()));
  }
}

TEST(PeriodNameTest, MistakesSayWhatToWrite) {
  const BusinessCalendar cn = CnCalendar();
  for (const char* name : {"",
                           "26",
                           "20260928",
                           "2026-13",
                           "2026-00",
                           "2026-Q0",
                           "2026-Q5",
                           "2026_Q1",
                           "2026-W00",
                           "2026-W54",
                           "2025-W53",
                           "2026-W4",
                           "2026-WXX",
                           "2026-w40",
                           "0000",
                           "-026",
                           "2026-02-30",
                           "2026-09-28/",
                           "/2026-09-28",
                           "2026-09-28/2026-09-28",
                           "2026-09-29/2026-09-28",
                           "2026-09-28/2026-09-29/2026-09-30",
                           "today",
                           "2026-09 "}) {
    const absl::StatusOr<Period> period = cn.ParsePeriod(name);
    ASSERT_FALSE(period.ok()) << name;
    EXPECT_EQ(period.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(MessageOf(cn.ParsePeriod("2026-13\n").status()),
            "\"2026-13\\n\" is not a period; write 2026-09-28, 2026-W40, 2026-09, 2026-Q3, 2026 or "
            "2013-08-30/2013-11-30 (the last day not included)");
  EXPECT_LT(MessageOf(cn.ParsePeriod(std::string(10'000, 'x')).status()).size(), 200u);
}

TEST(PeriodDeathTest, ATargetsPeriodIsNotAskedOfTheCalendar) {
  const BusinessCalendar cn = CnCalendar();
  EXPECT_DEATH(cn.PeriodOf(PeriodKind::kTarget, D("2026-01-01")), "target");
}

}  // namespace
}  // namespace kpiwatch
