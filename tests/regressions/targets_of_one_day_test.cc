// Of several targets of a subject that end on one day only the first was judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Rules() {
  return RuleText(
      {.units = {"{id: company, name: 全国, manager: boss}"},
       .people = {"{id: boss, name: 老板, unit: company}", "{id: u1, name: 一, unit: company}"},
       .kpis = {kRevenue},
       .targets = {"{kpi: revenue, person: u1, period: 2026-09, target: 100 CNY}",
                   "{kpi: revenue, person: u1, period: 2026-Q3, target: 1000 CNY}",
                   "{kpi: revenue, person: u1, from: 2026-09-15, to: 2026-10-01, "
                   "target: 10 CNY}",
                   "{kpi: revenue, person: u1, period: 2026-10, target: 10 CNY}"},
       .rules = {"{name: quota, kpi: revenue, for_each: person, period: target, "
                 "evaluate: on_close, levels: {"
                 "yellow: {when: completion < 80%, notify: [owner]}, "
                 "red: {when: completion < 40%, notify: [owner, manager]}}}"}});
}

constexpr char kMonth[] = "quota person:u1 2026-09-01/2026-10-01";
constexpr char kQuarter[] = "quota person:u1 2026-07-01/2026-10-01";

std::vector<std::string> Notified(const v1::Transition& t) {
  return {t.notified().begin(), t.notified().end()};
}

TEST(TargetsOfOneDayTest, AreJudgedEachForItselfAndEndTogether) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-09-20T10:00"), "50");
  driver.Heartbeat(At("2026-10-01T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre(std::string(kQuarter) + " green>red THRESHOLD",
                                        std::string(kMonth) + " green>yellow THRESHOLD"));
  driver.Forget();
  driver.Order("u1", At("2026-10-20T10:00"), "50");
  driver.Heartbeat(At("2026-11-01T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre(std::string(kQuarter) + " red>green PERIOD_CLOSED",
                                        std::string(kMonth) + " yellow>green PERIOD_CLOSED"));
  EXPECT_EQ(driver.transitions()[0].completion(), "0.050000") << "what the target came to";
  EXPECT_EQ(driver.transitions()[1].target(), "100");
  for (const v1::Transition& ended : driver.transitions()) {
    EXPECT_THAT(Notified(ended), UnorderedElementsAre("u1", "boss"));
  }
}

TEST(TargetsOfOneDayTest, ACorrectionTellsOfTheOneThatItChanges) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-09-20T10:00"), "50");
  driver.Heartbeat(At("2026-10-01T00:00"));
  driver.Step();
  driver.Forget();
  driver.Order("u1", At("2026-09-10T10:00"), "40");
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre(std::string(kMonth) + " yellow>green RESTATED"));
  driver.Forget();
  driver.Restart();
  driver.Order("u1", At("2026-09-11T10:00"), "910");
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre(std::string(kQuarter) + " red>green RESTATED"));
  EXPECT_THAT(Notified(driver.transitions()[0]), UnorderedElementsAre("u1", "boss"));
  driver.Forget();
  driver.Order("u1", At("2026-10-20T10:00"), "50");
  driver.Heartbeat(At("2026-11-01T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(TargetsOfOneDayTest, AllEndWithTheirRule) {
  CoreDriver driver(Rules());
  driver.Order("u1", At("2026-09-20T10:00"), "50");
  driver.Heartbeat(At("2026-10-01T00:00"));
  driver.Step();
  driver.Forget();
  const std::string rules = Rules();
  driver.Reload(rules.substr(0, rules.find("rules:\n")));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre(std::string(kQuarter) + " red>green RULE_REMOVED",
                                        std::string(kMonth) + " yellow>green RULE_REMOVED"));
}

}  // namespace
}  // namespace kpiwatch
