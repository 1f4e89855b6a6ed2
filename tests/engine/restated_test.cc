// A corrected verdict says what it said before, and which event corrected it (S-18).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: 全国}
    - {id: east, name: 华东, parent: company}
  people:
    - {id: u102, name: 王一, unit: east, level: junior}
    - {id: u103, name: 李二, unit: company, level: junior}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(),
     subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u102, period: 2026-W46, target: 100 CNY}
  - {kpi: revenue, unit: east, period: 2026-W46, target: 100 CNY}
rules:
  - name: person
    kpi: revenue
    for_each: person
    period: week
    evaluate: on_close
    levels: {red: {when: completion < 40%, notify: [owner]}}
  - name: unit
    kpi: revenue
    for_each: unit
    period: week
    evaluate: on_close
    levels: {red: {when: completion < 40%}}
  - name: bare
    kpi: orders
    for_each: person
    where: person.id == "u102"
    period: week
    evaluate: on_close
    levels: {yellow: {when: value < 2}}
)";

TEST(RestatedTest, SaysTheOldValueAndTheEventThatCorrectedIt) {
  CoreDriver driver(kRules);
  driver.Order("u102", At("2026-11-11T10:00"), "38");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  ASSERT_EQ(driver.log().size(), 3U);
  EXPECT_EQ(driver.transitions()[0].old_value(), "");
  driver.Forget();
  driver.Order("u103", At("2026-11-12T10:00"), "1", "another");
  driver.Order("u102", At("2026-11-12T10:00"), "6", "late1");
  driver.Order("u103", At("2026-11-12T10:00"), "1", "one_more");
  driver.Step();
  ASSERT_EQ(driver.log().size(), 3U);
  for (const v1::Transition& restated : driver.transitions()) {
    const bool bare = restated.rule() == "bare";
    EXPECT_EQ(restated.reason(), v1::REASON_RESTATED);
    EXPECT_EQ(restated.value(), bare ? "2" : "44");
    EXPECT_EQ(restated.old_value(), bare ? "1" : "38");
    EXPECT_EQ(restated.old_completion(), bare ? "" : "0.380000");
    EXPECT_EQ(restated.cause_event_id(), "late1");
    EXPECT_TRUE(restated.never_true());
  }
}

TEST(RestatedTest, TheCauseIsOfThePeriodItselfWhereThatWasCorrected) {
  CoreDriver driver(kRules);
  driver.Order("u102", At("2026-11-11T10:00"), "38");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  driver.Forget();
  driver.Order("u102", At("2026-11-12T10:00"), "6", "this_week");
  driver.Order("u102", At("2026-11-04T10:00"), "1", "week_before");
  driver.Step();
  ASSERT_FALSE(driver.transitions().empty());
  for (const v1::Transition& restated : driver.transitions()) {
    EXPECT_EQ(restated.cause_event_id(), "this_week") << restated.rule();
  }
}

TEST(RestatedTest, TargetsThatEndOnOneDayEndForThoseWhoWereTold) {
  std::string rules(kRules);
  rules.replace(rules.find("rules:\n"), std::string::npos, R"(
  - {kpi: revenue, person: u102, from: 2026-11-02, to: 2026-11-16, target: 100 CNY}
rules:
  - name: stretch
    kpi: revenue
    for_each: person
    period: target
    evaluate: on_close
    levels: {red: {when: completion < 40%, notify: [owner], via: [email]}}
)");
  CoreDriver driver(rules);
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  ASSERT_EQ(driver.log().size(), 2U);
  const int64_t fired = driver.transitions()[0].at_unix_ms();
  driver.Forget();
  driver.Order("u102", At("2026-11-12T10:00"), "300");
  driver.Step();
  ASSERT_EQ(driver.log().size(), 2U);
  for (const v1::Transition& ended : driver.transitions()) {
    EXPECT_EQ(ended.to_level(), v1::LEVEL_GREEN);
    ASSERT_EQ(ended.notified_size(), 1) << ended.period();
    EXPECT_EQ(ended.notified(0), "u102");
    ASSERT_EQ(ended.via_size(), 1) << ended.period();
    EXPECT_EQ(ended.active_since_unix_ms(), fired) << ended.period();
  }
}

TEST(RestatedTest, APeriodThatNothingMeasuresIsNeitherMetNorMissed) {
  CoreDriver driver(kRules);
  driver.Order("u102", At("2026-11-11T10:00"), "38");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  for (const v1::Transition& fired : driver.transitions()) {
    ASSERT_EQ(fired.counted_size(), 1);
    EXPECT_EQ(fired.counted(0).has_met(), fired.rule() != "bare");
    EXPECT_FALSE(fired.counted(0).met());
  }
}

}  // namespace
}  // namespace kpiwatch
