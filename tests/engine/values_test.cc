// What periods hold, and what of it /metrics shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/core_rules.h"
#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

// S-09: closed periods keep the target they used.
TEST(ValuesTest, TheValueOfAClosedPeriodKeepsTheTargetThatItWasJudgedBy) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "30");
  driver.Heartbeat(At("2026-11-16T20:00"));
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD"));
  const auto halved = [](std::string text) {
    for (size_t at = text.find("100 CNY"); at != text.npos; at = text.find("100 CNY")) {
      text.replace(at, 7, "50 CNY");
    }
    return text;
  };
  driver.Reload(halved(kRules));
  driver.Step();
  const auto read = [&](std::string_view monday, std::string_view next) {
    const Period week{PeriodKind::kWeek, *Day::Parse(monday), *Day::Parse(next)};
    const auto value =
        driver.core().ReadValue(*driver.core().rulebook().FindKpi("revenue"),
                                *driver.core().subjects().FindByName("person:u103"), week);
    return value.value();
  };
  const PeriodValue closed = read("2026-11-09", "2026-11-16");
  EXPECT_EQ(closed.reading.target, Decimal::FromInt(100));
  EXPECT_EQ(closed.level, Level::kRed);
  EXPECT_EQ(read("2026-11-16", "2026-11-23").reading.target, Decimal::FromInt(50));
}

constexpr std::string_view kExposed =
    "{name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(), "
    "subject: data.owner_id, calendar: cn, expose: {metrics: true, levels: [person]}}";

std::vector<std::string> SamplesOf(CoreDriver& driver, size_t limit = 100) {
  std::vector<std::string> lines;
  for (const KpiSample& sample : driver.core().ReadSamples(limit).samples) {
    lines.push_back(sample.person + " " + sample.period + " " +
                    std::to_string(static_cast<int>(sample.value.value_or(-1))) + " " +
                    (sample.level ? std::string(LevelName(*sample.level)) : "n/a"));
  }
  return lines;
}

// S-26: zero needs proof; and what nothing judges has no level.
TEST(ValuesTest, ASealedDayWithoutFactsShowsAZeroAndAnOpenOneNothing) {
  CoreDriver driver(RuleText({.people = {"{id: u1, name: 一, unit: company, level: junior}",
                                         "{id: u2, name: 二, unit: company, level: junior}",
                                         "{id: u3, name: 三, unit: company, level: junior, "
                                         "from: 2026-11-12}"},
                              .kpis = {std::string(kExposed)},
                              .rules = {DayRule("idle", "touches", "red: {when: value > 99}")}}));
  driver.Touch("u2", At("2026-11-11T10:00"), 3);
  driver.Step();
  EXPECT_THAT(SamplesOf(driver), ElementsAre("u2 day 3 green"));
  driver.Heartbeat(At("2026-11-11T22:00"));
  driver.Step();
  EXPECT_THAT(SamplesOf(driver), ElementsAre("u2 last_day 3 green", "u1 last_day 0 green"));
  // What is there comes before what is not.
  EXPECT_THAT(SamplesOf(driver, 1), ElementsAre("u2 last_day 3 green"));
  EXPECT_EQ(driver.core().ReadSamples(1).dropped, 3u);
}

// D-10: while a day is open it is judged, whatever day it is.
TEST(ValuesTest, ASundayOnWhichALiveRuleFiredHasItsLevelAndAnotherHasNone) {
  std::string rule = DayRule("busy", "touches", "red: {when: value >= 3}");
  rule.replace(rule.find("on_close"), 8, "intraday");
  CoreDriver driver(RuleText({.people = {"{id: u1, name: 一, unit: company, level: junior}",
                                         "{id: u2, name: 二, unit: company, level: junior}"},
                              .kpis = {std::string(kExposed)},
                              .rules = {rule}}));
  driver.Touch("u1", At("2026-11-15T10:00"), 3);
  driver.Touch("u2", At("2026-11-15T10:00"), 2);
  driver.Step();
  EXPECT_THAT(SamplesOf(driver), ElementsAre("u1 day 3 red", "u2 day 2 n/a"));
}

TEST(ValuesTest, WhatNothingJudgesHasNoLevelInTheSamples) {
  CoreDriver driver(
      RuleText({.people = {"{id: u1, name: 一, unit: company, level: junior}"},
                .kpis = {std::string(kExposed)},
                .rules = {DayRule("idle", "touches", "red: {when: completion < 40%}")}}));
  driver.Touch("u1", At("2026-11-11T10:00"), 3);
  driver.Heartbeat(At("2026-11-11T22:00"));
  driver.Step();
  EXPECT_THAT(SamplesOf(driver), ElementsAre("u1 last_day 3 n/a"));
}

}  // namespace
}  // namespace kpiwatch
