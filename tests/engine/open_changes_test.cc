// What another rulebook says of periods that are open (D-29): it is told at once, and only what is
// otherwise now.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>

#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `levels` of the rule on the month's revenue of u1, and his targets.
std::string Rules(std::string_view levels, std::string_view targets = "100 CNY",
                  std::string_view period = "month") {
  return fmt::format(R"(
calendars:
  - {{name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}}
kpis:
  - {{name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}}
targets:
  - {{kpi: revenue, person: u1, period: 2026-11, target: {}}}
rules:
  - name: month
    kpi: revenue
    for_each: person
    period: {}
    evaluate: intraday
    levels: {}
)",
                     targets, period, levels);
}

TEST(OpenChangesTest, AnEditedLineIsLookedAtAtOnceAndToldWhereTheLevelIsAnother) {
  CoreDriver driver(Rules("{red: {when: completion < 50%, clear: completion >= 50%}}"));
  driver.Order("u1", At("2026-11-02T10:00"), "60");
  driver.Step();
  ASSERT_THAT(driver.log(), IsEmpty());
  driver.Reload(Rules("{red: {when: completion < 70%, clear: completion >= 70%}}"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red RULE_CHANGED"));
  EXPECT_EQ(driver.transitions()[0].value(), "60");
  EXPECT_EQ(driver.transitions()[0].completion(), "0.600000");
  driver.Forget();
  driver.Reload(Rules("{red: {when: completion < 80%, clear: completion >= 80%}}"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());  // it fires as before: one alert, not an end and a fire
  driver.Order("u1", At("2026-11-03T10:00"), "20");
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 red>green THRESHOLD"));
}

TEST(OpenChangesTest, AnEditedRuleIsJudgedFromStoredDays) {
  // Between its lines the level is what it was on the way there.
  CoreDriver driver(Rules("{red: {when: completion < 10%, clear: completion >= 15%}}"));
  driver.Order("u1", At("2026-11-02T10:00"), "30");
  driver.Step();
  driver.Order("u1", At("2026-11-03T10:00"), "12");
  driver.Step();
  driver.Reload(Rules("{red: {when: completion < 40%, clear: completion >= 45%}}"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red RULE_CHANGED"));
}

TEST(OpenChangesTest, WhatAnEditMakesUntrueEnds) {
  CoreDriver driver(Rules("{red: {when: value >= 10}}"));
  driver.Order("u1", At("2026-11-02T10:00"), "12");
  driver.Step();
  driver.Reload(Rules("{red: {when: value >= 20}}"));
  driver.Step();
  driver.Order("u1", At("2026-11-02T11:00"), "8");
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red THRESHOLD",
                                        "month person:u1 2026-11 red>green RULE_CHANGED",
                                        "month person:u1 2026-11 green>red THRESHOLD"));
}

TEST(OpenChangesTest, OfAnotherPeriodItEndsAndBegins) {
  CoreDriver driver(Rules("{red: {when: value >= 10}}"));
  driver.Order("u1", At("2026-11-02T10:00"), "12");
  driver.Step();
  driver.Reload(Rules("{red: {when: value >= 10}}", "100 CNY", "week"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red THRESHOLD",
                                        "month person:u1 2026-11 red>green RULE_CHANGED",
                                        "month person:u1 2026-W45 green>red RULE_CHANGED"));
}

TEST(OpenChangesTest, AnotherTargetIsLookedAtAtOnceAlsoAfterAStart) {
  const std::string_view levels = "{red: {when: completion < 50%, clear: completion >= 50%}}";
  CoreDriver driver(Rules(levels));
  driver.Order("u1", At("2026-11-02T10:00"), "60");
  driver.Step();
  driver.Reload(Rules(levels, "200 CNY"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].target(), "200");
  driver.Forget();
  driver.Reload(Rules(levels, "100 CNY"));
  driver.Restart();  // before the step: as after a stop, files changed in between
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 red>green THRESHOLD"));
  driver.Forget();
  driver.Restart();
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(OpenChangesTest, ATargetThatIsTakenAwayEndsWhatItFired) {
  const std::string_view levels = "{red: {when: completion < 50%, clear: completion >= 50%}}";
  for (const std::string_view period : {"month", "target"}) {
    CoreDriver driver(Rules(levels, "100 CNY", period));
    driver.Order("u1", At("2026-11-02T10:00"), "10");
    driver.Step();
    std::string without = Rules(levels, "100 CNY", period);
    without.replace(without.find("person: u1"), 10, "person: u2");
    driver.Reload(without);
    driver.Step();
    ASSERT_EQ(driver.transitions().size(), 2U) << period;
    EXPECT_EQ(driver.transitions()[1].to_level(), v1::LEVEL_GREEN) << period;
    EXPECT_EQ(driver.transitions()[1].reason(), v1::REASON_NO_LONGER_COVERED) << period;
  }
}

TEST(OpenChangesTest, ANewTargetOfWhoHasSoldNothingIsLookedAtForTheDaysThatAreProven) {
  const std::string_view levels = "{red: {when: completion < 50%, clear: completion >= 50%}}";
  std::string without = Rules(levels);
  without.replace(without.find("person: u1"), 10, "person: u2");
  CoreDriver driver(without);
  driver.Order("u2", At("2026-11-02T10:00"), "60");
  driver.Order("u1", At("2026-10-30T10:00"), "60");
  driver.Heartbeat(At("2026-11-03T00:00"));
  driver.Step();
  driver.Forget();
  driver.Reload(Rules(levels));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].value(), "0");
}

// Averages and shares are those of all days so far, not of the last one.
TEST(OpenChangesTest, QuotientsAreJudgedFromTheSumsOfStoredDays) {
  for (const auto& [measure, high, low, value] :
       {std::tuple{"avg(data.amount), currency: CNY", "28", "15", "21"},
        std::tuple{"share(data.amount >= 20)", "80%", "30%", "0.5"}}) {
    const auto rules = [&](std::string_view levels) {
      std::string text = Rules(levels);
      const std::string_view sum = "sum(data.amount), currency: CNY";
      text.replace(text.find(sum), sum.size(), measure);
      const std::string_view target = "target: 100 CNY";
      text.replace(text.find(target), target.size(),
                   std::string_view(value) == "21" ? "target: 100 CNY" : "target: 100");
      return text;
    };
    CoreDriver driver(rules("{red: {when: value >= 1000}}"));
    driver.Order("u1", At("2026-11-02T10:00"), "30");
    driver.Step();
    driver.Order("u1", At("2026-11-03T10:00"), "12");
    driver.Step();
    driver.Reload(rules(fmt::format("{{red: {{when: value < {}}}}}", low)));
    driver.Step();
    EXPECT_THAT(driver.log(), IsEmpty()) << measure << ": the last day alone is none";
    // The first day was above the line, and the second does not clear it.
    driver.Reload(
        rules(fmt::format("{{red: {{when: value >= {}, clear: value < {}}}}}", high, low)));
    driver.Step();
    ASSERT_THAT(driver.log(), ElementsAre("month person:u1 2026-11 green>red RULE_CHANGED"));
    EXPECT_EQ(driver.transitions()[0].value(), value);
  }
}

TEST(OpenChangesTest, AnAverageOfNothingIsNotBelowItsTarget) {
  std::string rules = Rules("{red: {when: completion < 50% || value < 10}}");
  rules.replace(rules.find("sum("), 3, "avg");
  std::string without = rules;
  without.replace(without.find("person: u1"), 10, "person: u2");
  CoreDriver driver(without);
  driver.Order("u1", At("2026-10-30T10:00"), "60");
  driver.Heartbeat(At("2026-11-03T00:00"));
  driver.Step();
  driver.Reload(rules);
  driver.Heartbeat(At("2026-11-04T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

}  // namespace
}  // namespace kpiwatch
