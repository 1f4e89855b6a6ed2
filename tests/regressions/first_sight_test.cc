// Without an org a subject counts from the day it was first seen on (D-19), whatever the order in
// which that became known (D-08).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string RulesFor(const std::string& subject) {
  return RuleText({.kpis = {kTouches,
                            "{name: needs, owner: ops, type: simple, event: crm.need.confirmed, "
                            "measure: count(), subject: data.owner_id, calendar: cn}"},
                   .rules = {"{name: quiet, kpi: touches, for_each: " + subject +
                             ", period: day, evaluate: on_close, "
                             "levels: {yellow: {when: value < 1, clear: value >= 1}}}"}});
}

TEST(FirstSightTest, AUnitHasNoMissesBeforeItWasFirstSeen) {
  for (const bool together : {true, false}) {
    CoreDriver driver(RulesFor("unit"));
    driver.Touch("u1", At("2026-11-02T10:00"), 1);
    for (const char* day : {"02", "03", "04", "05"}) {
      if (day == std::string("04")) {
        driver.Send("crm.activity.completed", "first", At("2026-11-04T10:00"),
                    R"({"owner_id":"u2","owner_unit":"east"})");
      }
      driver.Heartbeat(At("2026-11-" + std::string(day) + "T23:00"));
      if (!together) {
        driver.Step();
      }
    }
    driver.Step();
    EXPECT_THAT(driver.log(), ElementsAre("quiet unit:company 2026-11-03 green>yellow THRESHOLD",
                                          "quiet unit:company 2026-11-04 yellow>green THRESHOLD",
                                          "quiet unit:company 2026-11-05 green>yellow THRESHOLD",
                                          "quiet unit:east 2026-11-05 green>yellow THRESHOLD"))
        << together;
  }
}

// A late fact is the first that is heard of a person: the days since then count.
TEST(FirstSightTest, ALateFirstFactBringsItsSealedDays) {
  CoreDriver driver(RulesFor("person"));
  driver.Touch("u1", At("2026-11-02T10:00"), 1);
  driver.Touch("u1", At("2026-11-03T10:00"), 1);
  driver.Touch("u1", At("2026-11-04T10:00"), 1);
  driver.Heartbeat(At("2026-11-04T23:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Touch("u2", At("2026-11-02T10:00"), 1);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("quiet person:u2 2026-11-03 green>yellow RESTATED"));
  driver.Restart();
  driver.Touch("u2", At("2026-11-05T10:00"), 1);
  driver.Touch("u1", At("2026-11-05T10:00"), 1);
  driver.Heartbeat(At("2026-11-05T23:00"));
  driver.Step();
  EXPECT_EQ(driver.log().back(), "quiet person:u2 2026-11-05 yellow>green THRESHOLD");
}

// The fact may be of another KPI than the rule's.
TEST(FirstSightTest, ALateFactOfAnyKpiMovesTheFirstDay) {
  CoreDriver driver(RulesFor("person"));
  driver.Touch("u1", At("2026-11-02T10:00"), 1);
  driver.Touch("u1", At("2026-11-03T10:00"), 1);
  driver.Touch("u2", At("2026-11-03T10:00"), 1);
  driver.Heartbeat(At("2026-11-03T23:00"));
  driver.Step();
  driver.Send("crm.need.confirmed", "n1", At("2026-11-02T10:00"), R"({"owner_id":"u2"})");
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty()) << "missed on the 2nd, met on the 3rd: nothing stands";
  Core& core = driver.core();
  EXPECT_EQ(core.subjects().Get(*core.subjects().FindByName("person:u2")).first_seen,
            *Day::Parse("2026-11-02"));
}

}  // namespace
}  // namespace kpiwatch
