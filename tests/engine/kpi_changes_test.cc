// KPIs that are new, changed or not there for a while (D-29): what was not measured is not known,
// and nothing of it is ever a miss (S-26).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "daemon/engine/measured_days.h"
#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kCalendar[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
)";

// The week's revenue of u1, whose target is 100. 2026-11-02 is a Monday.
std::string Rules(std::string_view where = "", std::string_view line = "40%",
                  std::string_view kpi = "revenue") {
  return fmt::format(R"({}
kpis:
  - {{name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}}
  - {{name: {}, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn{}}}
targets:
  - {{kpi: {}, person: u1, period: 2026-W45, target: 100 CNY}}
  - {{kpi: {}, person: u1, period: 2026-W46, target: 100 CNY}}
  - {{kpi: {}, person: u1, period: 2026-W47, target: 100 CNY}}
rules:
  - name: week
    kpi: {}
    for_each: person
    period: week
    evaluate: on_close
    levels: {{red: {{when: completion < {}, clear: completion >= {}}}}}
  - name: live
    kpi: {}
    for_each: person
    period: week
    evaluate: intraday
    levels: {{yellow: {{when: completion < 20%, clear: completion >= 20%}}}}
)",
                     kCalendar, kpi, where, kpi, kpi, kpi, kpi, line, line, kpi);
}

constexpr std::string_view kWhere = R"(, where: data.test != "1")";

TEST(KpiChangesTest, AWeekInWhichTheDefinitionChangedIsNotJudged) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-11-03T10:00"), "90");
  driver.Step();
  driver.Reload(Rules(kWhere));
  driver.Step();
  driver.Order("u1", At("2026-11-04T10:00"), "1");
  driver.Heartbeat(At("2026-11-09T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  // The next week is measured from its first day on.
  driver.Order("u1", At("2026-11-10T10:00"), "30");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("live person:u1 2026-W46 green>yellow THRESHOLD",
                                        "live person:u1 2026-W46 yellow>green THRESHOLD",
                                        "week person:u1 2026-W46 green>red THRESHOLD"));
}

TEST(KpiChangesTest, WhatWasJudgedByTheOldDefinitionStaysThroughCorrectionsAndEdits) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-11-03T10:00"), "60");
  driver.Heartbeat(At("2026-11-09T00:00"));
  driver.Step();
  ASSERT_THAT(driver.log(), IsEmpty());
  driver.Reload(Rules(kWhere));
  driver.Step();
  driver.Restart();
  driver.Order("u1", At("2026-11-03T11:00"), "1");
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  // Another line reads what was judged: 60 of 100.
  driver.Reload(Rules(kWhere, "50%"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Reload(Rules(kWhere, "70%"));
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("week person:u1 2026-W45 green>red RULE_CHANGED"));
  EXPECT_EQ(driver.transitions()[0].value(), "60");
  EXPECT_EQ(driver.transitions()[0].completion(), "0.600000");
}

TEST(KpiChangesTest, AKpiThatIsAddedInTheWeekIsJudgedFromTheNextOnAlsoAfterARestart) {
  CoreDriver driver(Rules("", "40%", "other"));
  driver.Order("u1", At("2026-11-03T10:00"), "90");
  driver.Step();
  driver.Reload(Rules());
  driver.Step();
  driver.Restart();
  driver.Order("u1", At("2026-11-05T10:00"), "5");
  driver.Heartbeat(At("2026-11-09T00:00"));
  driver.Order("u1", At("2026-11-10T10:00"), "5");
  driver.Step();
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("live person:u1 2026-W46 green>yellow THRESHOLD",
                                        "week person:u1 2026-W46 green>red THRESHOLD",
                                        "live person:u1 2026-W46 yellow>green PERIOD_CLOSED"));
}

TEST(KpiChangesTest, AKpiThatWasAwayKeepsItsDaysAndMissesThoseBetween) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-11-03T10:00"), "30");
  driver.Heartbeat(At("2026-11-09T00:00"));
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("week person:u1 2026-W45 green>red THRESHOLD"));
  driver.Forget();
  driver.Reload(Rules("", "40%", "other"));
  driver.Step();
  driver.Order("u1", At("2026-11-10T10:00"), "90");
  driver.Step();
  driver.Reload(Rules());
  driver.Step();
  driver.Order("u1", At("2026-11-11T10:00"), "5");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  // The week in which it was away says nothing, neither of the one KPI nor of the other.
  for (const std::string& line : driver.log()) {
    EXPECT_EQ(line.find("2026-W46"), std::string::npos) << line;
  }
  driver.Forget();
  driver.Order("u1", At("2026-11-17T10:00"), "90");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  EXPECT_EQ(driver.log().back(), "week person:u1 2026-W47 red>green THRESHOLD");
}

TEST(KpiChangesTest, AQuotientIsAsUnknownAsItsParts) {
  const auto rules = [](std::string_view where) {
    return std::string(kCalendar) + R"(
kpis:
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn)" +
           std::string(where) + R"(}
  - {name: rate, owner: ops, type: ratio, numerator: orders, denominator: touches}
rules:
  - name: low
    kpi: rate
    for_each: person
    period: week
    evaluate: on_close
    levels: {red: {when: value < 2}}
)";
  };
  for (const bool changed : {false, true}) {
    CoreDriver driver(rules(""));
    driver.Touch("u1", At("2026-11-03T10:00"), 3);
    driver.Step();
    driver.Reload(rules(changed ? kWhere : ""));
    driver.Step();
    driver.Order("u1", At("2026-11-04T10:00"), "1");
    driver.Touch("u1", At("2026-11-04T10:00"), 1);
    driver.Heartbeat(At("2026-11-09T00:00"));
    driver.Step();
    EXPECT_EQ(driver.log().size(), changed ? 0U : 1U);
  }
}

TEST(KpiChangesTest, InANewStoreEverythingIsMeasured) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-11-06T10:00"), "5");
  driver.Heartbeat(At("2026-11-09T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), Contains("week person:u1 2026-W45 green>red THRESHOLD"));
}

TEST(MeasuredDaysTest, GapsAreKeptAndTheOldestBecomeOneAtTheLimit) {
  MemoryStore store;
  MeasuredDays days;
  for (int g = 0; g < static_cast<int>(MeasuredDays::kMostGaps) + 1; ++g) {
    days.Stop(7, Day{10 * g});
    EXPECT_TRUE(days.IsStopped(7));
    days.Resume(7, Day{10 * g + 2});
  }
  WriteBatch batch;
  days.Write(&batch);
  ASSERT_TRUE(store.Write(batch).ok());
  batch.Clear();
  days.Write(&batch);
  EXPECT_TRUE(batch.empty());
  MeasuredDays restored;
  ASSERT_TRUE(restored.Restore(store).ok());
  const auto covers = [&](int begin, int end) {
    return restored.Covers(7, {PeriodKind::kDay, Day{begin}, Day{end}});
  };
  EXPECT_FALSE(covers(5, 6)) << "between the two oldest";
  EXPECT_FALSE(covers(11, 12));
  EXPECT_TRUE(covers(12, 20));
  EXPECT_FALSE(covers(12, 21));
  EXPECT_TRUE(covers(1000, 2000));
  EXPECT_TRUE(restored.Covers(8, {PeriodKind::kDay, Day{0}, Day{1}}));
}

}  // namespace
}  // namespace kpiwatch
