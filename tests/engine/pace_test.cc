// Rules on the pace of open periods (evaluate: on_pace): they look when a day closes, at what has
// closed (S-04, S-11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kBehind = "{red: {when: pace_index < 80%, clear: pace_index >= 90%}}";

// One rule on the revenue of the month; u1 and the company have targets of June 2026.
std::string Rules(std::string_view levels, std::string_view for_each = "person",
                  std::string_view target = "100 CNY", std::string_view more = "") {
  return fmt::format(R"(
calendars:
  - {{name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}}
org:
  units:
    - {{id: company, name: company}}
  people:
    - {{id: u1, name: u1, unit: company{3}}}
    - {{id: u2, name: u2, unit: company}}
kpis:
  - {{name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     reverse: erp.order.cancelled, measure: sum(data.amount), currency: CNY,
     subject: data.owner_id, calendar: cn}}
targets:
  - {{kpi: revenue, person: u1, period: 2026-06, target: {2}}}
  - {{kpi: revenue, unit: company, period: 2026-06, target: {2}}}
  - {{kpi: revenue, person: u1, from: 2026-06-08, to: 2026-06-22, target: {2}}}
rules:
  - name: pace
    kpi: revenue
    for_each: {1}
    period: month
    evaluate: on_pace
    levels: {0}
)",
                     levels, for_each, target, more);
}

// The last through which days are proven: it closes with its grace.
void CloseThrough(CoreDriver* driver, std::string_view day) {
  driver->Heartbeat(At(std::string(day) + "T22:00"));
  driver->Step();
}

const v1::Transition& Last(const CoreDriver& driver) { return driver.transitions().back(); }

// S-11: June 2026 after the 15th, 40 of 100.
TEST(PaceTest, WhoIsBehindWhatIsDueIsToldWhenTheDayCloses) {
  CoreDriver driver(Rules("{red: {when: pace_index < 76.4%}}"));
  // Enough until the 12th (ten of 21 days: 47.62 due), and then nothing.
  driver.Order("u1", At("2026-06-01T10:00"), "40");
  CloseThrough(&driver, "2026-06-12");
  EXPECT_THAT(driver.log(), IsEmpty());
  CloseThrough(&driver, "2026-06-15");
  ASSERT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD"));
  const v1::Transition& told = Last(driver);
  EXPECT_EQ(absl::FromUnixMillis(told.at_unix_ms()), At("2026-06-15T22:00"));
  EXPECT_EQ(told.value(), "40");
  EXPECT_EQ(told.target(), "100");
  EXPECT_EQ(told.expected(), "52.380952");
  EXPECT_EQ(told.pace_index(), "0.763636");
  EXPECT_EQ(told.gap(), "-12.380952");
  // S-12.
  EXPECT_EQ(told.projection(), "76.363636");
  EXPECT_EQ(told.projected_completion(), "0.763636");
  EXPECT_EQ(told.required_rate(), "6");
}

TEST(PaceTest, DaysThatAreOpenDoNotCount) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-09T10:00"), "90");  // after the days that close
  CloseThrough(&driver, "2026-06-08");
  ASSERT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD"));
  EXPECT_EQ(Last(driver).value(), "0");
}

TEST(PaceTest, NothingIsToldWhileItIsTooEarly) {
  CoreDriver driver(Rules("{red: {when: pace_index < 80% || !(pace_index >= 80%) || value < 1}}"));
  driver.Order("u2", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-03");  // three of 21 days are less than 15 %
  EXPECT_THAT(driver.log(), IsEmpty());
  CloseThrough(&driver, "2026-06-04");
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD"));
}

TEST(PaceTest, WhoCatchesUpIsClearedWhenTheDayCloses) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-05");
  ASSERT_EQ(driver.transitions().size(), 1U);
  driver.Order("u1", At("2026-06-08T10:00"), "30");
  driver.Step();
  EXPECT_EQ(driver.transitions().size(), 1U);
  CloseThrough(&driver, "2026-06-08");
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD",
                                        "pace person:u1 2026-06 red>green THRESHOLD"));
}

TEST(PaceTest, ThePeriodsEndEndsIt) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-30");
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD",
                                        "pace person:u1 2026-06 red>green PERIOD_CLOSED"));
}

TEST(PaceTest, AUnitsPaceIsThatOfItsPeople) {
  CoreDriver driver(Rules(kBehind, "unit"));
  driver.Order("u1", At("2026-06-01T10:00"), "10");
  driver.Order("u2", At("2026-06-02T10:00"), "20");
  CloseThrough(&driver, "2026-06-05");  // 23.81 are due
  EXPECT_THAT(driver.log(), IsEmpty());
  CloseThrough(&driver, "2026-06-11");  // 42.86
  EXPECT_THAT(driver.log(), ElementsAre("pace unit:company 2026-06 green>red THRESHOLD"));
  EXPECT_EQ(Last(driver).value(), "30");
}

// S-11: the days are weighted by capacity.
TEST(PaceTest, OfWhoWasAwayLessIsDue) {
  // Of eleven working days he was there on the first four, of 14 in all: 28.57 are due and not
  // 52.38.
  CoreDriver driver(
      Rules(kBehind, "person", "100 CNY", ", leave: [{from: 2026-06-05, to: 2026-06-16}]"));
  driver.Order("u1", At("2026-06-01T10:00"), "29");
  CloseThrough(&driver, "2026-06-15");
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(PaceTest, ATargetOfItsOwnDaysHasItsOwnPace) {
  std::string rules = Rules(kBehind);
  rules.replace(rules.find("period: month"), 13, "period: target");
  CoreDriver driver(rules);
  driver.Order("u1", At("2026-06-01T10:00"), "90");  // before it
  driver.Order("u1", At("2026-06-08T10:00"), "10");
  CloseThrough(&driver, "2026-06-08");  // one day is too early
  EXPECT_THAT(driver.log(), IsEmpty());
  CloseThrough(&driver, "2026-06-09");  // two of nine working days (the 19th is off)
  ASSERT_THAT(driver.log(),
              ElementsAre("pace person:u1 2026-06-08/2026-06-22 green>red THRESHOLD"));
  EXPECT_EQ(Last(driver).expected(), "22.222222");
}

// S-18: what a late order makes of a closed day is judged again from the period's beginning.
TEST(PaceTest, ALateOrderWithdrawsWhatWasNeverTrue) {
  CoreDriver driver(Rules("{red: {when: pace_index < 80%}}"));  // stays, where it was true
  driver.Order("u1", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-05");
  ASSERT_EQ(driver.transitions().size(), 1U);
  driver.Forget();
  driver.Order("u1", At("2026-06-02T10:00"), "99", "late");
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 red>green RESTATED"));
  EXPECT_EQ(Last(driver).cause_event_id(), "late");
  EXPECT_EQ(Last(driver).value(), "100");
  EXPECT_TRUE(Last(driver).never_true());
}

TEST(PaceTest, ALateOrderThatDoesNotReachBackLeavesItAsItWas) {
  CoreDriver driver(Rules("{red: {when: pace_index < 80%}}"));
  driver.Order("u1", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-09");
  driver.Forget();
  driver.Order("u1", At("2026-06-09T10:00"), "99", "late");  // on the 5th he was behind
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(PaceTest, ALateCancellationIsToldAtOnce) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "50");
  CloseThrough(&driver, "2026-06-05");
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Send("erp.order.cancelled", "back", At("2026-06-03T10:00"),
              R"({"owner_id":"u1","amount":{"amount":"49","currency":"CNY"}})");
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red RESTATED"));
}

// D-08: neither batches nor the order of arrival matter.
TEST(PaceTest, TheSameIsToldWhereverBatchesAreCut) {
  const std::vector<std::string_view> days = {"2026-06-01", "2026-06-03", "2026-06-08",
                                              "2026-06-12", "2026-06-17", "2026-06-24"};
  const std::vector<std::string_view> amounts = {"10", "5", "60", "1", "20", "90"};
  const auto order = [&](CoreDriver* driver, size_t i) {
    driver->Order("u1", At(std::string(days[i]) + "T10:00"), amounts[i], fmt::format("o{}", i));
  };
  const auto changes_of = [](const CoreDriver& driver) {
    std::vector<std::string> lines;
    for (const v1::Transition& t : driver.transitions()) {
      lines.push_back(fmt::format("{}>{} {} of {}", static_cast<int>(t.from_level()),
                                  static_cast<int>(t.to_level()), t.value(), t.expected()));
    }
    return lines;
  };
  const std::string rules = Rules(kBehind, "person", "200 CNY");
  CoreDriver daily(rules);
  for (Day day = *Day::Parse("2026-06-01"); day < *Day::Parse("2026-07-01"); ++day) {
    for (size_t i = 0; i < days.size(); ++i) {
      if (day.ToString() == days[i]) {
        order(&daily, i);
      }
    }
    CloseThrough(&daily, day.ToString());
  }
  EXPECT_THAT(changes_of(daily), ElementsAre("0>3 15 of 38.095238", "3>0 75 of 57.142857",
                                             "0>3 76 of 95.238095", "3>0 186 of 161.904762"));
  CoreDriver at_once(rules);
  for (size_t i = days.size(); i-- > 0;) {
    order(&at_once, i);
  }
  CloseThrough(&at_once, "2026-06-30");
  EXPECT_EQ(changes_of(at_once), changes_of(daily));
}

TEST(PaceTest, ARestartTellsNothingTwice) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-05");
  driver.Restart();
  CloseThrough(&driver, "2026-06-08");
  EXPECT_EQ(driver.transitions().size(), 1U);
}

TEST(PaceTest, AnotherTargetIsLookedAtAtOnce) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "50");
  CloseThrough(&driver, "2026-06-08");
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Reload(Rules(kBehind, "person", "300 CNY"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD"));
  driver.Reload(
      Rules("{red: {when: pace_index < 10%, clear: pace_index >= 11%}}", "person", "300 CNY"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD",
                                        "pace person:u1 2026-06 red>green RULE_CHANGED"));
}

TEST(PaceTest, ARuleThatIsGoneEndsWhatItFired) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "1");
  CloseThrough(&driver, "2026-06-08");
  driver.Forget();
  std::string other = Rules(kBehind);
  other.replace(other.find("name: pace"), 10, "name: speed");
  driver.Reload(other);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 red>green RULE_REMOVED",
                                        "speed person:u1 2026-06 green>red THRESHOLD"));
}

// S-12: A + (N−W)·P90 of the trailing means of five working days.
TEST(PaceTest, WhatIsOutOfReachIsTold) {
  CoreDriver driver(Rules("{red: {when: max_attainable < target}}"));
  // Five a day in May, and nothing in June: the best five days brought 5 a day.
  for (Day day = *Day::Parse("2026-05-06"); day < *Day::Parse("2026-06-01"); ++day) {
    if (day.weekday() < 5) {
      driver.Order("u1", At(day.ToString() + "T10:00"), "5");
    }
  }
  CloseThrough(&driver, "2026-06-03");  // too early
  EXPECT_THAT(driver.log(), IsEmpty());
  CloseThrough(&driver, "2026-06-04");  // 17 days are left: 85
  ASSERT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>red THRESHOLD"));
  EXPECT_EQ(Last(driver).max_attainable(), "85");
}

// R-26: more than half of the month in the last quarter of its working days.
TEST(PaceTest, WhatComesOnlyAtTheEndIsTold) {
  std::string rules = Rules("{yellow: {when: back_loading > 50%}}");
  rules.replace(rules.find("on_pace"), 7, "on_close");
  CoreDriver driver(rules);
  driver.Order("u1", At("2026-06-23T10:00"), "40");  // the seventeenth of 21 is the 24th
  driver.Order("u1", At("2026-06-24T10:00"), "41");
  driver.Order("u2", At("2026-06-23T10:00"), "41");
  driver.Order("u2", At("2026-06-30T10:00"), "41");
  CloseThrough(&driver, "2026-06-30");
  ASSERT_THAT(driver.log(), ElementsAre("pace person:u1 2026-06 green>yellow THRESHOLD"));
  EXPECT_EQ(Last(driver).back_loading(), "0.506173");
  driver.Order("u1", At("2026-06-01T10:00"), "2", "late");
  driver.Step();
  EXPECT_EQ(Last(driver).to_level(), v1::LEVEL_GREEN);
  EXPECT_EQ(Last(driver).reason(), v1::REASON_RESTATED);
}

TEST(PaceTest, ValuesSayThePaceOfTheDaysThatAreClosed) {
  CoreDriver driver(Rules(kBehind));
  driver.Order("u1", At("2026-06-01T10:00"), "40");
  driver.Order("u1", At("2026-06-16T10:00"), "50");
  CloseThrough(&driver, "2026-06-15");
  const Period june{PeriodKind::kMonth, *Day::Parse("2026-06-01"), *Day::Parse("2026-07-01")};
  const auto subject = driver.core().subjects().FindByName("person:u1");
  const auto value = driver.core().ReadValue(0, *subject, june);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->reading.value.ToString(), "90");
  ASSERT_TRUE(value->pace && value->pace->index);
  EXPECT_EQ(value->pace->index->ToFixed(6), "0.763636");
  EXPECT_EQ(value->level, Level::kRed);
}

TEST(PaceTest, MetricsCarryThePaceOfOpenAndClosedPeriods) {
  std::string rules = Rules(kBehind, "unit");
  CoreDriver driver(rules);
  driver.Order("u1", At("2026-06-01T10:00"), "40");
  CloseThrough(&driver, "2026-06-15");
  const auto ratios = [&] {
    std::vector<std::string> lines;
    for (const KpiSample& sample : driver.core().ReadSamples(100).samples) {
      if (sample.pace_ratio) {
        lines.push_back(fmt::format("{} {:.4f}", sample.period, *sample.pace_ratio));
      }
    }
    return lines;
  };
  EXPECT_THAT(ratios(), ElementsAre("month 0.7636"));
  CloseThrough(&driver, "2026-06-30");
  EXPECT_THAT(ratios(), ElementsAre("last_month 0.4000"));
}

}  // namespace
}  // namespace kpiwatch
