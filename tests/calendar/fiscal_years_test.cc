// Years that do not begin in January.
#include <gtest/gtest.h>

#include <string>

#include "daemon/base/status_text.h"
#include "daemon/calendar/business_calendar.h"
#include "tests/testing/cn_calendar.h"

namespace kpiwatch {
namespace {

BusinessCalendar From(int month, bool named_after_start = false) {
  CalendarOptions options = CnOptions();
  options.year_start = month;
  options.year_named_after_start = named_after_start;
  return BusinessCalendar(options);
}

std::string DaysOf(const Period& period) {
  return period.begin.ToString() + "/" + period.end.ToString();
}

TEST(FiscalYearTest, HasTwelveMonthsFromItsFirst) {
  const BusinessCalendar april = From(4);
  const auto year = [&](const char* day) { return april.PeriodOf(PeriodKind::kYear, D(day)); };
  EXPECT_EQ(DaysOf(year("2026-03-31")), "2025-04-01/2026-04-01");
  EXPECT_EQ(DaysOf(year("2026-04-01")), "2026-04-01/2027-04-01");
  EXPECT_EQ(DaysOf(year("2027-01-15")), "2026-04-01/2027-04-01");
}

TEST(FiscalYearTest, ItsQuartersAreThreeMonthsEach) {
  const BusinessCalendar february = From(2);
  const auto quarter = [&](const char* day) {
    return february.PeriodOf(PeriodKind::kQuarter, D(day));
  };
  EXPECT_EQ(DaysOf(quarter("2026-01-31")), "2025-11-01/2026-02-01");
  EXPECT_EQ(DaysOf(quarter("2026-02-01")), "2026-02-01/2026-05-01");
  EXPECT_EQ(DaysOf(quarter("2026-12-31")), "2026-11-01/2027-02-01");
  EXPECT_EQ(february.NameOf(quarter("2026-01-31")), "FY2026-Q4");
  EXPECT_EQ(february.NameOf(quarter("2026-02-01")), "FY2027-Q1");
}

TEST(FiscalYearTest, IsNamedAfterTheYearInWhichItEndsOrBegins) {
  const Day day = D("2026-06-15");
  const BusinessCalendar by_end = From(4);
  EXPECT_EQ(by_end.NameOf(by_end.PeriodOf(PeriodKind::kYear, day)), "FY2027");
  EXPECT_EQ(by_end.NameOf(by_end.PeriodOf(PeriodKind::kQuarter, day)), "FY2027-Q1");
  const BusinessCalendar by_start = From(4, true);
  EXPECT_EQ(by_start.NameOf(by_start.PeriodOf(PeriodKind::kYear, day)), "FY2026");
  EXPECT_EQ(by_start.NameOf(by_start.PeriodOf(PeriodKind::kQuarter, day)), "FY2026-Q1");
}

TEST(FiscalYearTest, EveryPeriodReadsBackFromItsName) {
  for (int month = 1; month <= 12; ++month) {
    for (const bool after_start : {false, true}) {
      const BusinessCalendar calendar = From(month, after_start);
      for (Day day = D("2025-12-25"); day < D("2027-02-05"); day = day + 5) {
        for (const PeriodKind kind : {PeriodKind::kDay, PeriodKind::kWeek, PeriodKind::kMonth,
                                      PeriodKind::kQuarter, PeriodKind::kYear}) {
          const Period period = calendar.PeriodOf(kind, day);
          EXPECT_TRUE(period.Contains(day));
          EXPECT_EQ(calendar.ParsePeriod(calendar.NameOf(period)).value(), period)
              << calendar.NameOf(period) << " from month " << month;
        }
      }
    }
  }
}

TEST(FiscalYearTest, AYearWithoutItsPrefixIsAmbiguous) {
  const BusinessCalendar april = From(4);
  for (const char* name : {"2026", "2026-Q3"}) {
    const absl::Status status = april.ParsePeriod(name).status();
    EXPECT_EQ(status.message(), std::string("\"") + name +
                                    "\" may be two periods: calendar 'cn' has fiscal years, which "
                                    "are written FY" +
                                    name);
  }
  EXPECT_TRUE(april.ParsePeriod("2026-09").ok());
  EXPECT_TRUE(april.ParsePeriod("2026-W40").ok());
}

TEST(FiscalYearTest, MistakesSayWhatToWrite) {
  const BusinessCalendar april = From(4);
  for (const char* wrong : {"FY", "FY26", "FY2026-Q5", "FY2026-09", "FY2026-W01", "FY0000"}) {
    const absl::StatusOr<Period> period = april.ParsePeriod(wrong);
    ASSERT_FALSE(period.ok()) << wrong;
    EXPECT_NE(period.status().message().find("FY2026-Q3, FY2026"), std::string_view::npos)
        << period.status();
  }
  EXPECT_EQ(From(1).ParsePeriod("FY2026").status().message(),
            "\"FY2026\" is no period of calendar 'cn', whose years begin in January");
}

TEST(FiscalYearTest, TheFirstAndLastYearsAreCutAtTheEndsOfTime) {
  const BusinessCalendar april = From(4);
  EXPECT_TRUE(april.PeriodOf(PeriodKind::kYear, Day::Max()).Contains(Day::Max()));
  EXPECT_TRUE(april.PeriodOf(PeriodKind::kYear, Day::Min()).Contains(Day::Min()));
  EXPECT_FALSE(april.ParsePeriod("FY0001").ok());
}

}  // namespace
}  // namespace kpiwatch
