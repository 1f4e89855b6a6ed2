// Averages, ratios and derived KPIs through the whole core: the org tree, late facts, restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: company}
    - {id: east, name: east, parent: company}
  people:
    - {id: u1, name: u1, unit: east}
    - {id: u2, name: u2, unit: company}
kpis:
  - {name: touches, owner: ops, event: crm.activity.completed, measure: count(), calendar: cn}
  - {name: orders, owner: ops, event: erp.order.confirmed, measure: count(), calendar: cn}
  - {name: basket, owner: ops, event: erp.order.confirmed, reverse: erp.order.cancelled,
     measure: avg(data.amount), currency: CNY, calendar: cn}
  - {name: rate, owner: ops, type: ratio, numerator: orders, denominator: touches, min_den: 4}
  - {name: effort, owner: ops, type: derived, expr: touches + 10 * orders}
targets:
  - {kpi: rate, person: u1, period: 2026-11-02, target: 50%}
  - {kpi: rate, person: u1, period: 2026-11-03, target: 50%}
  - {kpi: rate, unit: company, period: 2026-11-02, target: 50%}
rules:
  - name: conversion
    kpi: rate
    for_each: person
    period: day
    levels:
      red: {when: completion < 80%, clear: completion >= 90%}
  - name: cheap
    kpi: basket
    for_each: unit
    period: day
    evaluate: intraday
    levels:
      red: {when: value < 10, clear: value >= 20}
)";

std::string Value(CoreDriver& driver, std::string_view kpi, std::string_view subject,
                  std::string_view day) {
  const Core& core = driver.core();
  const Day begin = *Day::Parse(day);
  const auto value =
      driver.core().ReadValue(*core.rulebook().FindKpi(kpi), *core.subjects().FindByName(subject),
                              {PeriodKind::kDay, begin, begin + 1});
  EXPECT_TRUE(value.ok()) << value.status();
  const KpiReading& reading = value->reading;
  return reading.state == ValueState::kKnown     ? reading.value.ToString()
         : reading.state == ValueState::kNothing ? "n/a"
                                                 : "insufficient";
}

// S-13: the parent is the quotient of the sums below it, not the average of their quotients.
TEST(CompoundKpiTest, UnitsDivideTheSumsOfTheirPeople) {
  CoreDriver driver(kRules);
  driver.Touch("u1", At("2026-11-02T10:00"), 10);
  driver.Touch("u2", At("2026-11-02T10:00"), 5);
  driver.Order("u1", At("2026-11-02T11:00"), "30");
  driver.Order("u2", At("2026-11-02T11:00"), "10");
  driver.Order("u2", At("2026-11-02T12:00"), "11");
  driver.Step(At("2026-11-02T13:00"));
  EXPECT_EQ(Value(driver, "rate", "person:u1", "2026-11-02"), "0.1");
  EXPECT_EQ(Value(driver, "rate", "person:u2", "2026-11-02"), "0.4");
  EXPECT_EQ(Value(driver, "rate", "unit:company", "2026-11-02"), "0.2");
  EXPECT_EQ(Value(driver, "rate", "unit:east", "2026-11-02"), "0.1");
  EXPECT_EQ(Value(driver, "basket", "person:u2", "2026-11-02"), "10.5");
  EXPECT_EQ(Value(driver, "basket", "unit:company", "2026-11-02"), "17");
  EXPECT_EQ(Value(driver, "effort", "unit:company", "2026-11-02"), "45");
  EXPECT_EQ(Value(driver, "rate", "person:u1", "2026-11-03"), "insufficient");
  EXPECT_EQ(Value(driver, "basket", "person:u1", "2026-11-03"), "n/a");
  driver.Restart();
  EXPECT_EQ(Value(driver, "rate", "unit:company", "2026-11-02"), "0.2");
  EXPECT_EQ(Value(driver, "basket", "unit:company", "2026-11-02"), "17");
}

// S-18: a late fact of either part is a correction of the ratio.
TEST(CompoundKpiTest, ALateFactOfTheDenominatorRestatesTheVerdict) {
  CoreDriver driver(kRules);
  driver.Touch("u1", At("2026-11-02T10:00"), 4);
  driver.Order("u1", At("2026-11-02T11:00"), "30");
  driver.Order("u1", At("2026-11-02T11:00"), "30");
  driver.Heartbeat(At("2026-11-02T22:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty()) << "2 of 4 is all of 50 %";
  driver.Touch("u1", At("2026-11-02T12:00"), 2);  // came late: 2 of 6
  driver.Heartbeat(At("2026-11-03T22:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("conversion person:u1 2026-11-02 green>red RESTATED"));
  EXPECT_EQ(driver.transitions()[0].value(), "0.333333");
  EXPECT_EQ(driver.transitions()[0].completion(), "0.666667");
  EXPECT_EQ(driver.transitions()[0].old_value(), "0.5");
  EXPECT_EQ(driver.transitions()[0].old_completion(), "1.000000");
  EXPECT_NE(driver.transitions()[0].cause_event_id(), "") << "of one of its parts";
}

TEST(CompoundKpiTest, WhatHadNoValueBeforeHasNoOldOne) {
  CoreDriver driver(kRules);
  driver.Touch("u1", At("2026-11-02T10:00"), 3);
  driver.Heartbeat(At("2026-11-02T22:00"));
  driver.Step();
  driver.Touch("u1", At("2026-11-02T12:00"), 2);
  driver.Heartbeat(At("2026-11-03T22:00"));
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("conversion person:u1 2026-11-02 green>red RESTATED"));
  EXPECT_EQ(driver.transitions()[0].value(), "0");
  EXPECT_EQ(driver.transitions()[0].old_value(), "");
  EXPECT_EQ(driver.transitions()[0].old_completion(), "");
}

// S-13, S-26: a day with too few is no miss and no hit; the alert before it stands.
TEST(CompoundKpiTest, ADayWithTooFewLeavesTheLadderWhereItIs) {
  CoreDriver driver(kRules);
  driver.Touch("u1", At("2026-11-02T10:00"), 4);
  driver.Heartbeat(At("2026-11-02T22:00"));
  driver.Touch("u1", At("2026-11-03T10:00"), 3);
  driver.Order("u1", At("2026-11-03T11:00"), "30");
  driver.Heartbeat(At("2026-11-03T22:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("conversion person:u1 2026-11-02 green>red THRESHOLD"));
}

// An average is walked event by event on open periods, for units in the order of all below.
TEST(CompoundKpiTest, AnAverageOfAnOpenDayTurnsWithTheEventThatDidIt) {
  CoreDriver driver(kRules);
  driver.Order("u1", At("2026-11-02T10:00"), "12", "a");
  driver.Order("u2", At("2026-11-02T11:00"), "6", "b");
  driver.Order("u2", At("2026-11-02T12:00"), "50", "c");
  driver.Step(At("2026-11-02T13:00"));
  EXPECT_THAT(driver.log(), ElementsAre("cheap unit:company 2026-11-02 green>red THRESHOLD",
                                        "cheap unit:company 2026-11-02 red>green THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].cause_event_id(), "b");
  EXPECT_EQ(driver.transitions()[0].value(), "9");
}

}  // namespace
}  // namespace kpiwatch
