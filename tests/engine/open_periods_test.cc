// Rules on periods that are still open, when a value is a line reached or not: they are looked at
// only when it matters, and nobody must be able to tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

std::string Rules(std::string_view more = "") {
  return R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
rules:
  - name: busy
    kpi: touches
    for_each: person
    period: day
    evaluate: intraday
    levels:
      yellow: {when: value >= 2}
      red: {when: value >= 5}
)" + std::string(more);
}

std::string CauseOf(const CoreDriver& driver, std::string_view rule, v1::Level level) {
  for (const v1::Transition& t : driver.transitions()) {
    if (t.rule() == rule && t.to_level() == level) {
      return t.cause_event_id();
    }
  }
  return "none";
}

TEST(OpenPeriodsTest, TheEventThatReachesALineIsTheCauseWhereverBatchesAreCut) {
  for (int cut = 1; cut <= 8; ++cut) {
    CoreDriver driver(Rules());
    for (int event = 0; event < 8; ++event) {
      driver.Touch("u1", At("2026-11-02T10:00"), 1);
      if ((event + 1) % cut == 0) {
        driver.Step();
      }
    }
    driver.Step();
    EXPECT_EQ(CauseOf(driver, "busy", v1::LEVEL_RED), "t4") << cut;
    EXPECT_EQ(driver.transitions().back().to_level(), v1::LEVEL_RED) << cut;
    EXPECT_EQ(driver.transitions().back().active_since_unix_ms(),
              driver.transitions().front().at_unix_ms());
  }
}

TEST(OpenPeriodsTest, ALineThatAValueReachedAndLeftWithinAStepIsTold) {
  const std::string rules = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
kpis:
  - {name: sales, owner: ops, type: simple, event: erp.order.confirmed, measure: sum(data.amount),
     currency: CNY, subject: data.owner_id, calendar: cn}
rules:
  - name: big-day
    kpi: sales
    for_each: person
    period: day
    evaluate: intraday
    levels:
      yellow: {when: value >= 100}
      red: {when: value >= 150}
)";
  for (const bool cut : {false, true}) {
    CoreDriver driver(rules);
    driver.Order("u1", At("2026-11-02T10:00"), "120", "a");
    driver.Order("u1", At("2026-11-02T10:01"), "50", "b");
    if (cut) {
      driver.Step();
    }
    driver.Order("u1", At("2026-11-02T10:02"), "-160", "c");
    driver.Step();
    driver.Order("u1", At("2026-11-02T10:03"), "150", "d");  // what is latched stays so
    driver.Step();
    ASSERT_THAT(driver.log(), ElementsAre("big-day person:u1 2026-11-02 green>red THRESHOLD"))
        << cut;
    EXPECT_EQ(driver.transitions()[0].cause_event_id(), "b") << cut;
    EXPECT_EQ(driver.transitions()[0].value(), "170") << cut;
  }
}

TEST(OpenPeriodsTest, ALineIsReachedAcrossARestart) {
  CoreDriver driver(Rules());
  driver.Touch("u1", At("2026-11-02T10:00"), 4);
  driver.Step();
  driver.Restart();
  driver.Touch("u1", At("2026-11-02T11:00"), 1);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("busy person:u1 2026-11-02 green>yellow THRESHOLD",
                                        "busy person:u1 2026-11-02 yellow>red THRESHOLD"));
  EXPECT_EQ(CauseOf(driver, "busy", v1::LEVEL_RED), "t4");
}

TEST(OpenPeriodsTest, EachDayHasLinesOfItsOwn) {
  CoreDriver driver(Rules());
  for (const char* time : {"2026-11-02T10:00", "2026-11-03T10:00", "2026-11-02T11:00"}) {
    driver.Touch("u1", At(time), 2);
    driver.Step();
  }
  driver.Touch("u1", At("2026-11-03T12:00"), 3);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("busy person:u1 2026-11-02 green>yellow THRESHOLD",
                                        "busy person:u1 2026-11-03 green>yellow THRESHOLD",
                                        "busy person:u1 2026-11-03 yellow>red THRESHOLD"));
}

TEST(OpenPeriodsTest, ALineDrawnLaterAndBelowTheValueIsReachedAtOnce) {
  CoreDriver driver(Rules());
  driver.Touch("u1", At("2026-11-02T10:00"), 4);
  driver.Step();
  driver.Forget();
  driver.Reload(Rules(R"(  - name: at-it
    kpi: touches
    for_each: person
    period: day
    evaluate: intraday
    levels:
      yellow: {when: value >= 3}
)"));
  driver.Step();
  driver.Touch("u1", At("2026-11-02T11:00"), 1);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("at-it person:u1 2026-11-02 green>yellow THRESHOLD",
                                        "busy person:u1 2026-11-02 yellow>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].cause_event_id(), "");
}

}  // namespace
}  // namespace kpiwatch
