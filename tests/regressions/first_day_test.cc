// The first day that is judged depended on which partition, or which source, was read first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

std::string Rules() {
  return RuleText({.units = {"{id: company, name: 全国, manager: boss}"},
                   .people = {"{id: boss, name: 老板, unit: company, level: junior}"},
                   .rules = {DayRule("quiet", "touches", "yellow: {when: value < 1}")}});
}

TEST(FirstDayTest, IsThatOfTheEarliestHeartbeatWhicheverPartitionIsReadFirst) {
  for (const uint32_t first : {0U, 1U}) {
    CoreDriver driver(Rules(), {.partitions = 2});
    for (const uint32_t partition : {first, 1 - first}) {
      driver.Heartbeat(At(partition == 0 ? "2026-11-03T23:00" : "2026-11-02T23:00"), partition);
    }
    driver.Heartbeat(At("2026-11-05T23:00"), 0);
    driver.Heartbeat(At("2026-11-05T23:00"), 1);
    driver.Step();
    EXPECT_THAT(driver.log(), ElementsAre("quiet person:boss 2026-11-02 green>yellow THRESHOLD"))
        << "partition " << first << " first";
  }
}

// What comes behind its partition's heartbeat is a correction, and opens no day before the first.
TEST(FirstDayTest, IsNotThatOfALateFact) {
  for (const bool together : {true, false}) {
    CoreDriver driver(Rules());
    driver.Heartbeat(At("2026-11-04T23:00"));
    if (!together) {
      driver.Step();
    }
    driver.Touch("boss", At("2026-11-02T10:00"), 1);
    driver.Heartbeat(At("2026-11-05T23:00"));
    driver.Step();
    driver.Step();
    EXPECT_THAT(driver.log(), ElementsAre("quiet person:boss 2026-11-04 green>yellow THRESHOLD"))
        << together;
  }
}

// A verdict that needs more sources than its parts began with the first heartbeat, and never where
// there was none.
TEST(FirstDayTest, OfAVerdictIsThatOfItsPartsFacts) {
  const std::string rules =
      RuleText({.people = {"{id: u1, name: 一, unit: company, level: junior}"},
                .kpis = {With(kTouches, "sources: [crm]"), Actions(2)},
                .rules = {DayRule("slipping", "actions", "yellow: {when: miss_streak >= 2}")}});
  CoreDriver driver(rules, {.other_sources = {"erp"}});
  driver.Touch("u1", At("2026-11-02T10:00"), 1);
  driver.Heartbeat(At("2026-11-03T23:00"));
  driver.core().completeness(1).Declare(At("2026-11-03T23:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u1 2026-11-03 green>yellow THRESHOLD"));
}

}  // namespace
}  // namespace kpiwatch
