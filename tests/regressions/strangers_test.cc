// Owners and units that the org does not know have no ladder (D-19); intraday rules gave them one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

std::string Rules() {
  return RuleText(
      {.people = {"{id: u1, name: 一, unit: company, to: 2026-11-03}"},
       .kpis = {kTouches,
                "{name: spend, owner: ops, type: simple, event: mkt.spend.recorded, "
                "measure: sum(data.amount), currency: CNY, subject: unit, calendar: cn}"},
       .rules = {"{name: busy, kpi: touches, for_each: person, period: day, evaluate: intraday, "
                 "levels: {yellow: {when: value >= 1}}}",
                 "{name: spending, kpi: spend, for_each: unit, period: day, evaluate: on_close, "
                 "levels: {yellow: {when: value < 1}}}"}});
}

TEST(StrangersTest, HaveNoLadder) {
  CoreDriver driver(Rules());
  driver.Touch("u1", At("2026-11-02T10:00"), 1);
  driver.Touch("u1", At("2026-11-03T10:00"), 1);  // has left
  driver.Touch("ghost", At("2026-11-02T10:00"), 1);
  driver.Send("mkt.spend.recorded", "s1", At("2026-11-02T10:00"),
              R"({"owner_unit":"nowhere","amount":{"amount":"0.5","currency":"CNY"}})");
  driver.Step();
  driver.Heartbeat(At("2026-11-02T23:00"));
  driver.Step();
  EXPECT_THAT(driver.log(),
              ElementsAre("busy person:u1 2026-11-02 green>yellow THRESHOLD",
                          "unknown-owner person:unassigned  green>yellow UNKNOWN_OWNER",
                          "busy person:u1 2026-11-02 yellow>green PERIOD_CLOSED",
                          "spending unit:company 2026-11-02 green>yellow THRESHOLD"));
}

}  // namespace
}  // namespace kpiwatch
