// KPIs that are measured by samples through the whole core: the org tree, late facts, changed
// events, restarts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

constexpr char kRules[] = R"yaml(
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
currency: CNY
kpis:
  - {name: smallest, owner: ops, event: erp.order.confirmed, reverse: erp.order.cancelled,
     measure: min(data.amount), calendar: cn}
  - {name: largest, owner: ops, event: erp.order.confirmed, reverse: erp.order.cancelled,
     measure: max(data.amount), calendar: cn}
  - {name: opening, owner: ops, event: erp.order.confirmed, measure: first(data.amount), calendar: cn}
  - {name: closing, owner: ops, event: erp.order.confirmed, measure: last(data.amount), calendar: cn}
  - {name: customers, owner: ops, event: crm.activity.completed, measure: distinct(data.account),
     calendar: cn}
  - {name: middle, owner: ops, event: erp.order.confirmed, measure: median(data.amount), calendar: cn}
  - {name: p95, owner: ops, event: erp.order.confirmed, measure: "quantile(0.95, data.amount)",
     calendar: cn}
targets:
  - {kpi: customers, person: u1, period: 2026-11-02, target: 2}
rules:
  - name: reach
    kpi: customers
    for_each: person
    period: day
    levels:
      red: {when: completion < 100%}
)yaml";

std::string Value(CoreDriver& driver, std::string_view kpi, std::string_view subject,
                  std::string_view first = "2026-11-02", int days = 1) {
  const Core& core = driver.core();
  const Day begin = *Day::Parse(first);
  const auto value =
      driver.core().ReadValue(*core.rulebook().FindKpi(kpi), *core.subjects().FindByName(subject),
                              {PeriodKind::kTarget, begin, begin + days});
  EXPECT_TRUE(value.ok()) << value.status();
  return value->reading.state == ValueState::kKnown ? value->reading.value.ToString() : "n/a";
}

std::vector<std::string> AllOf(CoreDriver& driver, std::string_view subject,
                               std::string_view first = "2026-11-02", int days = 1) {
  std::vector<std::string> values;
  for (const char* kpi : {"smallest", "largest", "opening", "closing", "middle", "p95"}) {
    values.push_back(Value(driver, kpi, subject, first, days));
  }
  return values;
}

void Visit(CoreDriver& driver, std::string_view owner, std::string_view account,
           std::string_view at, std::string_view id) {
  driver.Send("crm.activity.completed", id, At(at),
              R"({"owner_id":")" + std::string(owner) + R"(","account":")" + std::string(account) +
                  R"("})");
}

// D-19.
TEST(SamplesTest, OfAnUnknownOwnerTheyGoToHisUnitWhenTheOrgNamesHim) {
  CoreDriver driver(kRules);
  driver.Order("u9", At("2026-11-02T10:00"), "7");
  driver.Order("u9", At("2026-11-02T10:01"), "9");
  driver.Order("u8", At("2026-11-02T10:02"), "8");
  driver.Step();
  EXPECT_EQ(Value(driver, "largest", "person:unassigned"), "9");
  std::string rules = kRules;
  const std::string known = "    - {id: u2, name: u2, unit: company}\n";
  rules.insert(rules.find(known), "    - {id: u9, name: u9, unit: east}\n");
  driver.Reload(rules);
  driver.Step();
  EXPECT_EQ(Value(driver, "largest", "person:unassigned"), "8");
  EXPECT_EQ(Value(driver, "largest", "unit:east"), "9");
  EXPECT_EQ(Value(driver, "smallest", "unit:east"), "7");
  EXPECT_EQ(Value(driver, "smallest", "unit:company"), "7");
  EXPECT_EQ(Value(driver, "largest", "unit:company"), "9");
}

// S-13: a unit's and a week's values are those of all facts below.
TEST(SampledKpiTest, DaysMergeIntoPeriodsAndPeopleIntoUnits) {
  CoreDriver driver(kRules);
  driver.Order("u1", At("2026-11-02T10:00"), "30");
  driver.Order("u1", At("2026-11-02T09:00"), "10");
  driver.Order("u2", At("2026-11-02T08:00"), "90");
  driver.Order("u2", At("2026-11-03T09:00"), "5");
  Visit(driver, "u1", "a", "2026-11-02T10:00", "v1");
  Visit(driver, "u1", "b", "2026-11-02T11:00", "v2");
  Visit(driver, "u2", "a", "2026-11-02T12:00", "v3");
  Visit(driver, "u2", "a", "2026-11-03T12:00", "v4");
  for (const bool restarted : {false, true}) {
    if (restarted) {
      driver.Restart();
    } else {
      driver.Step(At("2026-11-03T13:00"));
    }
    EXPECT_THAT(AllOf(driver, "person:u1"), ElementsAre("10", "30", "10", "30", "20", "30"));
    EXPECT_THAT(AllOf(driver, "unit:company"), ElementsAre("10", "90", "90", "30", "30", "90"));
    EXPECT_THAT(AllOf(driver, "unit:east"), ElementsAre("10", "30", "10", "30", "20", "30"));
    EXPECT_THAT(AllOf(driver, "unit:company", "2026-11-02", 7),
                ElementsAre("5", "90", "90", "5", "20", "90"));
    EXPECT_EQ(Value(driver, "customers", "unit:company"), "2") << "not 2 + 1";
    EXPECT_EQ(Value(driver, "customers", "unit:company", "2026-11-02", 7), "2");
    EXPECT_EQ(Value(driver, "customers", "person:u2", "2026-11-02", 7), "1");
  }
  EXPECT_THAT(AllOf(driver, "person:u1", "2026-11-05"),
              ElementsAre("n/a", "n/a", "n/a", "n/a", "n/a", "n/a"));
  EXPECT_EQ(Value(driver, "customers", "person:u1", "2026-11-05"), "0");
}

TEST(SampledKpiTest, AReverseEventTakesItsValueBack) {
  CoreDriver driver(kRules);
  driver.Order("u1", At("2026-11-02T09:00"), "10");
  driver.Order("u1", At("2026-11-02T10:00"), "30");
  driver.Step(At("2026-11-02T11:00"));
  driver.Send("erp.order.cancelled", "c", At("2026-11-02T12:00"),
              R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  driver.Step(At("2026-11-02T13:00"));
  EXPECT_EQ(Value(driver, "largest", "person:u1"), "10");
  EXPECT_EQ(Value(driver, "largest", "unit:company"), "10");
}

// D-12: the higher sequence takes the place of the other, its value and its moment.
TEST(SampledKpiTest, AChangedEventLeavesNothingOfItsFormerSelf) {
  for (const bool in_one_step : {true, false}) {
    CoreDriver driver(kRules);
    driver.Order("u1", At("2026-11-02T10:00"), "30", "b");
    driver.sequence = 1;
    driver.Order("u1", At("2026-11-02T12:00"), "99", "a");
    if (!in_one_step) {
      driver.Step(At("2026-11-02T13:00"));
      driver.Restart();
    }
    driver.sequence = 2;
    driver.Order("u1", At("2026-11-02T09:00"), "20", "a");
    driver.Step(At("2026-11-02T14:00"));
    EXPECT_THAT(AllOf(driver, "person:u1"), ElementsAre("20", "30", "20", "30", "25", "30"));
    EXPECT_THAT(AllOf(driver, "unit:company"), ElementsAre("20", "30", "20", "30", "25", "30"));
    driver.sequence = 3;
    driver.Order("u1", At("2026-11-02T11:00"), "20", "a");  // only its moment
    driver.Step(At("2026-11-02T15:00"));
    EXPECT_EQ(Value(driver, "closing", "person:u1"), "20");
    EXPECT_EQ(Value(driver, "opening", "person:u1"), "30");
  }
}

// S-18: a late fact is a correction, also when it waits for a seal, across a restart.
TEST(SampledKpiTest, ALateFactRestatesTheVerdict) {
  CoreDriver driver(kRules);
  Visit(driver, "u1", "a", "2026-11-02T10:00", "v1");
  Visit(driver, "u1", "a", "2026-11-02T11:00", "v2");
  driver.Heartbeat(At("2026-11-02T21:00"));            // the day is complete, but not sealed
  Visit(driver, "u1", "b", "2026-11-02T12:00", "v3");  // waits
  driver.Step();
  EXPECT_EQ(Value(driver, "customers", "person:u1"), "1");
  driver.Restart();
  driver.Heartbeat(At("2026-11-02T22:00"));
  driver.Step();
  driver.Heartbeat(At("2026-11-02T23:00"));
  driver.Step();
  EXPECT_EQ(Value(driver, "customers", "person:u1"), "2");
  EXPECT_EQ(Value(driver, "customers", "unit:company"), "2");
  EXPECT_THAT(driver.log(), ElementsAre("reach person:u1 2026-11-02 green>red THRESHOLD",
                                        "reach person:u1 2026-11-02 red>green RESTATED"));
}

// D-08, D-11: neither the order of arrival nor where steps end matters.
TEST(SampledKpiTest, OrderAndStepsDoNotMatter) {
  struct One {
    std::string owner, at, amount, id;
  };
  std::vector<One> orders;
  for (int n = 0; n < 40; ++n) {
    const int minute = 7 * (n / 2) % 60;  // pairs at one moment
    orders.push_back({n % 3 == 0 ? "u2" : "u1",
                      "2026-11-02T1" + std::to_string(n % 5) + ":" + (minute < 10 ? "0" : "") +
                          std::to_string(minute),
                      std::to_string(n * 37 % 41), "o" + std::to_string(n)});
  }
  std::mt19937 random(3);
  std::vector<std::string> first;
  for (int round = 0; round < 20; ++round) {
    CoreDriver driver(kRules);
    for (const One& one : orders) {
      driver.Order(one.owner, At(one.at), one.amount, one.id);
      if (random() % 4 == 0) {
        driver.Step(At("2026-11-02T16:00"));
      }
    }
    driver.Step(At("2026-11-02T16:00"));
    std::vector<std::string> values = AllOf(driver, "unit:company");
    for (const std::string& value : AllOf(driver, "person:u1")) {
      values.push_back(value);
    }
    first = first.empty() ? values : first;
    EXPECT_EQ(values, first) << round;
    std::shuffle(orders.begin(), orders.end(), random);
  }
}

}  // namespace
}  // namespace kpiwatch
