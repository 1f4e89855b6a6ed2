// Targets of weeks that are split off those of months, quarters and years (S-03).
#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kBase[] = R"(
calendars: [{name: cn, holidays: rules/calendars/cn-*.yaml}]
kpis:
  - {name: calls, owner: o, event: x, measure: count(), calendar: cn}
  - {name: revenue, owner: o, event: y, measure: sum(data.amount), currency: CNY, calendar: cn}
targets:
)";

std::string Whole(const char* kpi, const char* period, const char* target) {
  return std::string("  - {kpi: ") + kpi + ", person: u1, period: " + period +
         ", target: " + target + "}\n";
}
std::string Split(const char* kpi, const char* period) {
  return std::string("  - {kpi: ") + kpi + ", split_of: {person: u1, period: " + period +
         "}, over: week, by: working_days}\n";
}

// The targets of weeks, by name.
std::map<std::string, std::string> Weeks(const std::string& targets) {
  std::map<std::string, std::string> weeks;
  const auto book = MustLoad(kBase + targets);
  for (const Target& target : book->targets) {
    if (target.period.kind == PeriodKind::kWeek) {
      weeks[target.period.ToString()] = target.value.ToString();
    }
  }
  return weeks;
}

// S-03: 2026-W27 has two working days of June's 21 and three of July's 23.
TEST(TargetWeeks, AWeekAcrossTheMonthsEndHasItsShareOfBoth) {
  const auto weeks = Weeks(Whole("calls", "2026-06", "2100") + Whole("calls", "2026-07", "4600") +
                           Split("calls", "2026-06") + Split("calls", "2026-07"));
  EXPECT_EQ(weeks.at("2026-W27"), "800");
  EXPECT_EQ(weeks.at("2026-W26"), "500");
  EXPECT_EQ(weeks.at("2026-W25"), "400") << "the 19th is off";
  EXPECT_EQ(weeks.at("2026-W28"), "1000");
}

// S-03: W38 ends with a make-up Sunday; W40 has three working days of September's 22 and, in its
// days of October, none; W41 has three of October's 18.
TEST(TargetWeeks, HolidaysAndMakeUpDaysAreCountedWhereTheyLie) {
  const auto weeks = Weeks(Whole("calls", "2026-09", "2200") + Whole("calls", "2026-10", "3600") +
                           Split("calls", "2026-10") + Split("calls", "2026-09"));
  EXPECT_EQ(weeks.at("2026-W38"), "600");
  EXPECT_EQ(weeks.at("2026-W40"), "300");
  EXPECT_EQ(weeks.at("2026-W41"), "600");
}

// S-03: W08 has no working day, and no target.
TEST(TargetWeeks, AWeekWithoutWorkingDaysHasNone) {
  const auto weeks = Weeks(Whole("calls", "2026-Q1", "590") + Split("calls", "2026-Q1"));
  EXPECT_EQ(weeks.at("2026-W07"), "60");
  EXPECT_EQ(weeks.count("2026-W08"), 0U);
  EXPECT_EQ(weeks.at("2026-W09"), "50") << "Tuesday to Saturday";
}

TEST(TargetWeeks, AWeekOfWhichADayIsNotCoveredHasNone) {
  const auto weeks = Weeks(Whole("calls", "2026-06", "2100") + Split("calls", "2026-06"));
  EXPECT_EQ(weeks.count("2026-W27"), 0U) << "Wednesday to Friday are July's";
  EXPECT_THAT(weeks, ElementsAre(Pair("2026-W23", "500"), Pair("2026-W24", "500"),
                                 Pair("2026-W25", "400"), Pair("2026-W26", "500")));
}

// S-10: the largest remainders are rounded up, so that the shares make up the whole.
TEST(TargetWeeks, SharesMakeUpTheWholeToItsLastDigit) {
  // 100 over 5, 5, 4, 5 and 2 days: 23.81 thrice, 19.05, 9.52.
  const std::string rest = Whole("calls", "2026-07", "0") + Split("calls", "2026-07");
  const auto weeks = Weeks(Whole("calls", "2026-06", "100") + Split("calls", "2026-06") + rest);
  EXPECT_EQ(weeks.at("2026-W23"), "24");
  EXPECT_EQ(weeks.at("2026-W24"), "24");
  EXPECT_EQ(weeks.at("2026-W25"), "19");
  EXPECT_EQ(weeks.at("2026-W26"), "24");
  EXPECT_EQ(weeks.at("2026-W27"), "9");
  const auto halves = Weeks(Whole("calls", "2026-06", "10.5") + Split("calls", "2026-06") + rest);
  EXPECT_EQ(halves.at("2026-W23"), "2.5") << "to tenths, as it is given";
  const auto money = Weeks(Whole("revenue", "2026-06", "100 CNY") + Split("revenue", "2026-06") +
                           Whole("revenue", "2026-07", "0 CNY") + Split("revenue", "2026-07"));
  EXPECT_EQ(money.at("2026-W23"), "23.81") << "to the fen";
  EXPECT_EQ(money.at("2026-W27"), "9.52");
}

TEST(TargetWeeks, MistakesAreToldWhereTheyStand) {
  const auto errors = [](const std::string& targets) { return Errors(LoadText(kBase + targets)); };
  const std::string whole = Whole("calls", "2026-06", "2100");
  EXPECT_THAT(errors(Split("calls", "2026-06")),
              ElementsAre("7:5: KPI 'calls' has no target for person:u1 in 2026-06 that could be "
                          "split"));
  EXPECT_THAT(errors(whole + Split("calls", "2026-06") + Split("calls", "2026-06")),
              ElementsAre("9:5: days of 2026-W23 are split twice for person:u1"));
  EXPECT_THAT(errors(whole + Split("calls", "2026-W23")),
              ElementsAre("8:28: a month, quarter or year can be split over weeks, 2026-W23 "
                          "cannot"));
  EXPECT_THAT(errors(whole + Whole("calls", "2026-W24", "1") + Split("calls", "2026-06")),
              ElementsAre("9:5: duplicate target of KPI 'calls' for person:u1 in 2026-W24; first "
                          "at r.yaml:8:5"));
  EXPECT_THAT(errors(whole + "  - {kpi: calls, split_of: {person: u1, period: 2026-06}, over: "
                             "month, by: working_day}\n"),
              ElementsAre("8:76: 'by': expected one of working_days, ratio, explicit, found "
                          "'working_day'; did you mean 'working_days'?"));
  EXPECT_THAT(errors(whole + "  - {kpi: calls, split_of: {person: u1, period: 2026-06}, over: "
                             "week}\n"),
              ElementsAre("8:5: a target: 'by' is missing"));
  EXPECT_THAT(errors(whole), IsEmpty());
}

TEST(TargetWeeks, OnlyWhatAddsUpIsSplit) {
  std::string base(kBase);
  base.replace(base.find("count()"), 7, "avg(data.n)");
  EXPECT_THAT(
      Errors(LoadText(base + Whole("calls", "2026-06", "2100") + Split("calls", "2026-06"))),
      ElementsAre("8:28: parts of KPI 'calls' do not add up to what is split; give them targets "
                  "of their own"));
}

}  // namespace
}  // namespace kpiwatch
