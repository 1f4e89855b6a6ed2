// A week counts for a person who has a working day of his own in it (S-05): employed, not on leave.
// One who joined on its Saturday was measured by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

std::string Rules() {
  return RuleText({.people = {"{id: u1, name: 周六入职, unit: company, from: 2026-11-07}",
                              "{id: u2, name: 周五入职即休假, unit: company, from: 2026-11-06, "
                              "leave: [{from: 2026-11-06, to: 2026-11-07}]}",
                              "{id: u3, name: 周五入职, unit: company, from: 2026-11-06}"},
                   .rules = {"{name: quiet, kpi: touches, for_each: person, period: week, "
                             "evaluate: on_close, levels: {yellow: {when: value < 1}}}"}});
}

TEST(EligibleDaysTest, AWeekCountsForWhoWorkedInIt) {
  CoreDriver driver(Rules());
  driver.Heartbeat(At("2026-11-02T23:00"));
  driver.Heartbeat(At("2026-11-09T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("quiet person:u3 2026-W45 green>yellow THRESHOLD"));
}

}  // namespace
}  // namespace kpiwatch
