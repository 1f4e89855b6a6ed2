// A fact that comes behind its partition's heartbeat is booked when the days are sealed that the
// heartbeat spoke of, before the next one is: wherever batches were cut, and however many days one
// step seals (D-08).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

std::string Rules() {
  return RuleText({.people = {"{id: u1, name: 一, unit: company, level: junior}"},
                   .kpis = {kTouches, Actions(1)},
                   .rules = {DayRule("slipping", "actions", "yellow: {when: miss_streak >= 5}")}});
}

TEST(CorrectionOrderTest, ALateFactCountsBeforeTheDayAfterItsHeartbeatIsJudged) {
  for (const bool together : {true, false}) {
    CoreDriver driver(Rules());
    const auto step = [&] {
      if (!together) {
        driver.Step();
      }
    };
    driver.Touch("u1", At("2026-11-02T10:00"), 1);
    driver.Heartbeat(At("2026-11-04T23:00"));
    step();
    driver.Touch("u1", At("2026-11-04T10:00"), 1);
    step();
    driver.Heartbeat(At("2027-01-15T23:00"));
    driver.Step();
    EXPECT_THAT(driver.log(), ElementsAre("slipping person:u1 2026-11-11 green>yellow THRESHOLD"))
        << together;
  }
}

// Another partition keeps the days from being sealed meanwhile, or does not.
TEST(CorrectionOrderTest, ALateFactDoesNotCountBeforeTheDaysOfItsHeartbeatAreJudged) {
  for (const bool together : {true, false}) {
    CoreDriver driver(Rules(), {.partitions = 2});
    driver.Touch("u1", At("2026-11-02T10:00"), 1);
    driver.Heartbeat(At("2026-11-11T23:00"), 0);
    driver.Heartbeat(At("2026-11-04T23:00"), 1);
    if (!together) {
      driver.Heartbeat(At("2026-11-11T23:00"), 1);
    }
    driver.Step();
    driver.Touch("u1", At("2026-11-04T10:00"), 1);
    driver.Step();
    if (together) {
      driver.Heartbeat(At("2026-11-11T23:00"), 1);
    }
    driver.Step();
    EXPECT_THAT(driver.log(), ElementsAre("slipping person:u1 2026-11-09 green>yellow THRESHOLD"))
        << together;
  }
}

}  // namespace
}  // namespace kpiwatch
