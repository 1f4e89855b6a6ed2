// Verdicts of days of which somebody works a part, or nothing (S-02, S-05).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two touches a day. 2026-09-08 is a Tuesday.
std::string Rules(const std::string& person) {
  return R"(
calendars: [{name: cn, day_close: "20:00"}]
org:
  units: [{id: company, name: 全国}]
  people: [{id: u1, name: 王, unit: company)" +
         person + R"(}]
kpis:
  - {name: touches, owner: ops, event: crm.activity.completed, measure: count(),
     subject: data.owner_id}
  - {name: actions, owner: ops, type: verdict, all_of: [touches], floors: [2]}
rules:
  - name: slipping
    kpi: actions
    for_each: person
    levels:
      yellow: {when: miss_streak >= 1}
)";
}

class PartTimeTest : public testing::Test {
 protected:
  explicit PartTimeTest(const std::string& person = ", leave: [{from: 2026-09-08, to: 2026-09-09}]")
      : driver_(Rules(person)) {}

  KpiReading Verdict(std::string_view subject, std::string_view day) {
    const Day first = *Day::Parse(day);
    Core& core = driver_.core();
    const auto value = core.ReadValue(1, *core.subjects().FindByName(std::string(subject)),
                                      {PeriodKind::kDay, first, first + 1});
    EXPECT_TRUE(value.ok()) << value.status();
    return value->reading;
  }
  CoreDriver driver_;
};

TEST_F(PartTimeTest, ADayOffHasNoVerdict) {
  driver_.Touch("u1", At("2026-09-07T10:00"), 2);
  driver_.Touch("u1", At("2026-09-08T10:00"), 2);
  driver_.Step();
  EXPECT_EQ(Verdict("person:u1", "2026-09-07").met, true);
  EXPECT_EQ(Verdict("person:u1", "2026-09-08").met, std::nullopt);
  EXPECT_EQ(Verdict("person:u1", "2026-09-08").target, std::nullopt);
}

// D-19: nobody has no role, although the floors are for every level.
TEST_F(PartTimeTest, WhatIsNobodysHasNoVerdict) {
  driver_.Touch("", At("2026-09-07T10:00"), 2);
  driver_.Touch("stranger", At("2026-09-07T10:00"), 2);
  driver_.Step();
  EXPECT_EQ(Verdict("person:unassigned", "2026-09-07").met, std::nullopt);
  EXPECT_EQ(Verdict("person:stranger", "2026-09-07").met, std::nullopt);
}

class LateLeaveTest : public PartTimeTest {
 protected:
  LateLeaveTest() : PartTimeTest("") {}
};

// Whether a sealed day counts is not asked again, nor do its floors vanish.
TEST_F(LateLeaveTest, AJudgedDayKeepsItsFloors) {
  driver_.Touch("u1", At("2026-09-07T10:00"), 2);
  driver_.Heartbeat(At("2026-09-08T23:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), ElementsAre("slipping person:u1 2026-09-08 green>yellow THRESHOLD"));
  driver_.Reload(Rules(", leave: [{from: 2026-09-08, to: 2026-09-09}]"));
  driver_.Forget();
  driver_.Touch("u1", At("2026-09-08T10:00"), 1);
  driver_.Step();
  EXPECT_THAT(driver_.log(), IsEmpty());
  driver_.Touch("u1", At("2026-09-08T11:00"), 1);
  driver_.Step();
  EXPECT_THAT(driver_.log(), ElementsAre("slipping person:u1 2026-09-08 yellow>green RESTATED"));
}

// S-02: what is entered late changes open periods only.
TEST_F(LateLeaveTest, AJudgedDayKeepsTheFloorsOfThenWhenHalfOfItIsTakenOff) {
  driver_.Touch("u1", At("2026-09-07T10:00"), 2);
  driver_.Heartbeat(At("2026-09-08T23:00"));
  driver_.Step();
  driver_.Reload(Rules(", leave: [{from: 2026-09-08, to: 2026-09-10, capacity: 50%}]"));
  driver_.Restart();
  driver_.Forget();
  driver_.Touch("u1", At("2026-09-08T10:00"), 1);
  driver_.Step();
  EXPECT_THAT(driver_.log(), IsEmpty());
  EXPECT_EQ(Verdict("person:u1", "2026-09-08").met, false);
  driver_.Touch("u1", At("2026-09-09T10:00"), 1);
  driver_.Heartbeat(At("2026-09-09T23:00"));
  driver_.Step();
  EXPECT_EQ(Verdict("person:u1", "2026-09-09").met, true) << "half of the floors";
}

}  // namespace
}  // namespace kpiwatch
