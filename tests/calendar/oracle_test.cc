// The calendar against figures and restatements that others made of the same notices.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "daemon/calendar/business_calendar.h"
#include "fmt/format.h"
#include "tests/testing/cn_calendar.h"
#include "tests/testing/shared_data.h"

namespace kpiwatch {
namespace {

constexpr int kFirstYear = 2007;
constexpr int kLastYear = 2026;

HolidaySet JsonHolidays() {
  HolidaySet all;
  for (int year = kFirstYear; year <= kLastYear + 1; ++year) {
    const std::string path = *SharedData(fmt::format("holiday_cn/{}.json", year));
    const absl::StatusOr<HolidaySet> set = ParseHolidayJson(path, ReadWholeFile(path));
    EXPECT_TRUE(set.ok()) << set.status();
    EXPECT_TRUE(set.ok() && MergeHolidays(*set, &all).ok()) << path;
  }
  return all;
}

int WorkingDaysOf(const BusinessCalendar& calendar, const std::string& period) {
  const Period days = calendar.ParsePeriod(period).value();
  return calendar.WorkingDays(days.begin, days.end);
}

void ExpectOracleFigures(const BusinessCalendar& calendar) {
  std::ifstream in(*SharedData("holiday_cn/oracle_workdays_per_month.csv"));
  std::string line;
  ASSERT_TRUE(std::getline(in, line));  // the head
  int rows = 0;
  for (; std::getline(in, line); ++rows) {
    const std::vector<std::string> cells =
        absl::StrSplit(absl::StripTrailingAsciiWhitespace(line), ',');
    ASSERT_EQ(cells.size(), 14u) << line;
    for (int month = 1; month <= 12; ++month) {
      EXPECT_EQ(std::to_string(WorkingDaysOf(calendar, fmt::format("{}-{:02}", cells[0], month))),
                cells[month])
          << cells[0] << " month " << month;
    }
    EXPECT_EQ(std::to_string(WorkingDaysOf(calendar, cells[0])), cells[13]) << cells[0];
  }
  EXPECT_EQ(rows, kLastYear - kFirstYear + 1);
}

TEST(CalendarOracleTest, EveryMonthOfTheJsonFilesHasItsWorkingDays) {
  KPIWATCH_REQUIRE_SHARED_DATA("holiday_cn");
  CalendarOptions options;
  options.zone = ZoneOf("Asia/Shanghai");
  options.holidays = JsonHolidays();
  EXPECT_EQ(options.holidays.known_through, D("2026-12-31"));  // 2027 has no notice yet
  ExpectOracleFigures(BusinessCalendar(options));
}

TEST(CalendarOracleTest, EveryMonthOfTheShippedFilesHasItsWorkingDays) {
  KPIWATCH_REQUIRE_SHARED_DATA("holiday_cn");
  ExpectOracleFigures(CnCalendar());
}

TEST(CalendarOracleTest, TheShippedFilesSayWhatTheJsonFilesSay) {
  KPIWATCH_REQUIRE_SHARED_DATA("holiday_cn");
  for (int year = kFirstYear; year <= kLastYear; ++year) {
    const std::string path = *SharedData(fmt::format("holiday_cn/{}.json", year));
    const HolidaySet json = ParseHolidayJson(path, ReadWholeFile(path)).value();
    const HolidaySet shipped = ReadShippedCalendar(fmt::format("rules/calendars/cn-{}.yaml", year));
    EXPECT_EQ(shipped.working, json.working) << year;
    EXPECT_EQ(shipped.known_through, json.known_through) << year;
  }
}

// A second restatement, by others: every single day agrees.
TEST(CalendarOracleTest, EveryDayAgreesWithAnIndependentList) {
  KPIWATCH_REQUIRE_SHARED_DATA("holiday_cn");
  const nlohmann::json other =
      nlohmann::json::parse(ReadWholeFile(*SharedData("holiday_cn/chinese-days.json")));
  const BusinessCalendar cn = CnCalendar();
  for (Day day = D("2007-01-01"); day <= D("2026-12-31"); ++day) {
    const std::string date = day.ToString();
    const bool works = other["workdays"].contains(date) ||
                       (!other["holidays"].contains(date) && day.weekday() < 5);
    ASSERT_EQ(cn.IsWorkingDay(day), works) << date;
  }
}

}  // namespace
}  // namespace kpiwatch
