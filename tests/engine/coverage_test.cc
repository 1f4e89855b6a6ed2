// What a rule fired of somebody whom it does not watch any more ends, and whom it comes to watch is
// judged (S-22, D-29).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: 全国, manager: boss}
    - {id: east, name: 华东, parent: company, manager: boss}
  people:
    - {id: boss, name: 老板, unit: company, level: chief}
    - {id: u1, name: 王一, unit: east, level: junior, to: 2026-09-10}
    - {id: u1, name: 王一, unit: east, level: mid, from: 2026-09-10}
    - {id: u2, name: 王二, unit: east, level: junior, to: 2026-09-10}
    - {id: u3, name: 王三, unit: east, level: junior, leave: [{from: 2026-09-10, to: 2026-09-12}]}
    - {id: u4, name: 王四, unit: east, level: junior, to: 2026-09-10}
    - {id: u4, name: 王四, unit: east, level: junior, from: 2026-09-14}
    - {id: u5, name: 王五, unit: east, level: senior}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
rules:
  - name: idle
    kpi: touches
    for_each: person
    where: person.level == "junior"
    period: day
    evaluate: on_close
    clear_after: 5
    levels: {yellow: {when: value < 1, notify: [owner]}}
)";

std::string Edited(std::string_view from, std::string_view to) {
  std::string edited = kRules;
  EXPECT_EQ(absl::StrReplaceAll({{std::string(from), std::string(to)}}, &edited), 1) << from;
  return edited;
}

std::vector<std::string> Notified(const v1::Transition& t) {
  return {t.notified().begin(), t.notified().end()};
}

// All of them idle on 09-09, seen on the day before.
void FireAll(CoreDriver* driver) {
  for (const char* person : {"u1", "u2", "u3", "u4", "u5"}) {
    driver->Touch(person, At("2026-09-08T10:00"), 1);
  }
  driver->Heartbeat(At("2026-09-09T23:00"));
  driver->Step();
  EXPECT_THAT(driver->log(), ElementsAre("idle person:u1 2026-09-09 green>yellow THRESHOLD",
                                         "idle person:u2 2026-09-09 green>yellow THRESHOLD",
                                         "idle person:u3 2026-09-09 green>yellow THRESHOLD",
                                         "idle person:u4 2026-09-09 green>yellow THRESHOLD"));
  driver->Forget();
}

TEST(CoverageTest, APromotionAndALeaverEndWhatTheRuleFiredAndLeaveDoesNot) {
  CoreDriver driver(kRules);
  FireAll(&driver);
  driver.Heartbeat(At("2026-09-10T23:00"));
  driver.Step();
  EXPECT_THAT(driver.log(),
              ElementsAre("idle person:u1 2026-09-09 yellow>green NO_LONGER_COVERED",
                          "idle person:u2 2026-09-09 yellow>green NO_LONGER_COVERED"));
  EXPECT_THAT(Notified(driver.transitions()[0]), ElementsAre("u1"));
  EXPECT_THAT(Notified(driver.transitions()[1]), ElementsAre("u2", "boss"))
      << "the manager of who has left hears what he leaves open";
  driver.Heartbeat(At("2026-09-16T23:00"));
  driver.Step();
  EXPECT_EQ(driver.log().size(), 2U) << "once, and neither leave nor a known return ends anything";
}

TEST(CoverageTest, ALateFactDoesNotReviveWhatEndedThus) {
  CoreDriver driver(kRules);
  FireAll(&driver);
  driver.Heartbeat(At("2026-09-10T23:00"));
  driver.Step();
  driver.Forget();
  driver.Touch("u1", At("2026-09-09T10:00"), 1);
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(CoverageTest, AnEditedWhereEndsWhatItLeavesOutAndJudgesWhatItTakesIn) {
  CoreDriver driver(kRules);
  FireAll(&driver);
  driver.Reload(Edited(R"(person.level == "junior")", R"(person.id == "u3" || person.id == "u5")"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("idle person:u1 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle person:u2 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle person:u4 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle person:u5 2026-09-09 green>yellow RULE_CHANGED"));
  driver.Restart();
  driver.Forget();
  driver.Touch("u5", At("2026-09-09T10:00"), 1);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("idle person:u5 2026-09-09 yellow>green RESTATED"));
}

TEST(CoverageTest, AnEditFiresNothingAnewForWhomTheRuleWatchesNoMore) {
  CoreDriver driver(kRules);
  FireAll(&driver);
  driver.Heartbeat(At("2026-09-10T23:00"));
  driver.Step();
  ASSERT_EQ(driver.log().size(), 2U) << "u1 and u2 have ended";
  driver.Forget();
  driver.Reload(Edited("yellow: {when: value < 1", "yellow: {when: value < 2"));
  driver.Step();
  driver.Heartbeat(At("2026-09-11T23:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(CoverageTest, ARuleThatComesToWatchUnitsEndsWhatItFiredOfPeople) {
  CoreDriver driver(kRules);
  FireAll(&driver);
  driver.Reload(
      Edited("for_each: person\n    where: person.level == \"junior\"", "for_each: unit"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("idle person:u1 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle person:u2 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle person:u3 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle person:u4 2026-09-09 yellow>green RULE_CHANGED",
                                        "idle unit:company 2026-09-09 green>yellow RULE_CHANGED",
                                        "idle unit:east 2026-09-09 green>yellow RULE_CHANGED"));
}

TEST(CoverageTest, ATierThatIsGoneStandsNoLonger) {
  std::string rules = kRules;
  CoreDriver driver(rules);
  FireAll(&driver);
  driver.Reload(Edited("yellow: {when: value < 1", "orange: {when: value < -1"));
  driver.Step();
  EXPECT_EQ(driver.log().size(), 4U);
  EXPECT_EQ(driver.log()[0], "idle person:u1 2026-09-09 yellow>green RULE_CHANGED");
}

}  // namespace
}  // namespace kpiwatch
