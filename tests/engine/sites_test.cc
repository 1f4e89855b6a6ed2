// One company at several sites: whose day it is, when it seals, by whose clock things are due
// (S-01, S-04).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Rules(std::string_view zone = "America/New_York", std::string_view due = "4wh") {
  return fmt::format(R"(
calendars:
  - {{name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     working_hours: ["09:00-12:00", "13:30-18:00"], holidays: rules/calendars/cn-2026.yaml}}
  - {{name: us, time_zone: {}, day_close: "18:00", grace: 1h, working_hours: ["08:00-16:00"]}}
org:
  units:
    - {{id: company, name: 全国, manager: boss}}
    - {{id: east, name: 华东, parent: company, manager: lead}}
    - {{id: america, name: 美洲, parent: company, manager: head, calendar: us}}
  people:
    - {{id: boss, name: 周, unit: company}}
    - {{id: lead, name: 李, unit: east}}
    - {{id: head, name: Ann, unit: america}}
    - {{id: li, name: 王, unit: east, level: junior}}
    - {{id: bob, name: Bob, unit: america, level: junior}}
kpis:
  - {{name: touches, owner: ops, event: crm.activity.completed, measure: count(),
     subject: data.owner_id}}
rules:
  - name: idle
    kpi: touches
    for_each: person
    where: person.level == "junior"
    levels:
      red: {{when: value < 1, notify: [manager], open: talk}}
playbooks:
  - {{name: talk, title: Talk, assignee: manager, due: {}}}
)",
                     zone, due);
}

absl::Time NewYork(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

class SitesTest : public testing::Test {
 protected:
  int64_t Count(std::string_view subject, std::string_view day) {
    const Day first = *Day::Parse(day);
    return driver_.core()
        .ReadValue(0, *driver_.core().subjects().FindByName(std::string(subject)),
                   {PeriodKind::kDay, first, first + 1})
        ->reading.count;
  }
  CoreDriver driver_{Rules()};
};

// S-01: the parent sums its children by the label of their days, not by the instant.
TEST_F(SitesTest, AParentSumsByLabel) {
  const absl::Time moment = NewYork("2026-11-02T22:00:00-05:00");  // 11:00 of the 3rd in Shanghai
  driver_.Touch("li", moment, 1);
  driver_.Touch("bob", moment, 1);
  driver_.Touch("li", moment - absl::Hours(24), 4);
  driver_.Step();
  EXPECT_EQ(Count("person:li", "2026-11-03"), 1);
  EXPECT_EQ(Count("person:bob", "2026-11-02"), 1);
  EXPECT_EQ(Count("person:li", "2026-11-02"), 4);
  EXPECT_EQ(Count("unit:company", "2026-11-02"), 5) << "each unit's 2 November";
  EXPECT_EQ(Count("unit:company", "2026-11-03"), 1);
  EXPECT_EQ(Count("unit:america", "2026-11-02"), 1);
}

// S-01, S-04: not sealed before the day is over, with its grace, at the last site.
TEST_F(SitesTest, ADaySealsWhenItIsOverEverywhere) {
  driver_.Touch("li", At("2026-11-02T10:00"), 1);
  driver_.Heartbeat(NewYork("2026-11-02T18:59:59-05:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), IsEmpty()) << "20:00 has long passed in Shanghai";
  driver_.Heartbeat(NewYork("2026-11-02T19:00:00-05:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), ElementsAre("idle person:bob 2026-11-02 green>red THRESHOLD"));
}

// S-04: what happens in New York in the evening is no late fact of a day that Shanghai has closed.
TEST_F(SitesTest, AFactAfterTheFirstSitesCloseStillCounts) {
  driver_.Touch("li", At("2026-11-02T10:00"), 1);
  driver_.Heartbeat(At("2026-11-02T23:00"));
  driver_.Step();
  driver_.Touch("bob", NewYork("2026-11-02T15:00:00-05:00"), 1);
  driver_.Heartbeat(NewYork("2026-11-02T20:00:00-05:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), IsEmpty());
  EXPECT_EQ(Count("person:bob", "2026-11-02"), 1);
}

TEST_F(SitesTest, APeriodBeginsAndEndsOnTheClockOfItsSubject) {
  driver_.Touch("li", At("2026-11-02T10:00"), 1);
  driver_.Heartbeat(NewYork("2026-11-02T20:00:00-05:00"));
  driver_.Step();
  ASSERT_EQ(driver_.transitions().size(), 1U);
  const v1::Transition& red = driver_.transitions()[0];
  EXPECT_EQ(absl::FromUnixMillis(red.period_begin_unix_ms()), NewYork("2026-11-02T00:00:00-05:00"));
  EXPECT_EQ(absl::FromUnixMillis(red.period_end_unix_ms()), NewYork("2026-11-03T00:00:00-05:00"));
}

TEST_F(SitesTest, WhatEndsWithItsRuleNamesThePeriodThatItBeganWith) {
  driver_.Touch("li", At("2026-11-02T10:00"), 1);
  driver_.Heartbeat(NewYork("2026-11-02T20:00:00-05:00"));
  driver_.Step();
  driver_.Forget();
  std::string renamed = Rules();
  renamed.replace(renamed.find("name: idle"), 10, "name: lazy");
  driver_.Reload(renamed);
  driver_.Step();
  ASSERT_FALSE(driver_.transitions().empty());
  const v1::Transition& end = driver_.transitions()[0];
  EXPECT_EQ(driver_.log()[0], "idle person:bob 2026-11-02 red>green RULE_REMOVED");
  EXPECT_EQ(absl::FromUnixMillis(end.period_begin_unix_ms()), NewYork("2026-11-02T00:00:00-05:00"));
  EXPECT_EQ(absl::FromUnixMillis(end.period_end_unix_ms()), NewYork("2026-11-03T00:00:00-05:00"));
}

// S-23: four working hours of the manager who has the task, in New York from 08:00 on.
TEST_F(SitesTest, ATaskIsDueOnTheClockOfItsAssignee) {
  driver_.Touch("li", At("2026-11-02T10:00"), 1);
  driver_.Heartbeat(NewYork("2026-11-02T19:00:00-05:00"));
  driver_.Step();
  ASSERT_EQ(driver_.transitions().size(), 1U);
  const v1::Task& task = driver_.transitions()[0].tasks(0);
  EXPECT_EQ(task.assignee(), "head");
  EXPECT_EQ(absl::FromUnixMillis(task.due_unix_ms()), NewYork("2026-11-03T12:00:00-05:00"));
}

TEST(DueTest, WorkingDaysEndWithTheHoursOfTheLast) {
  CoreDriver driver(Rules("America/New_York", "2wd"));
  driver.Touch("bob", NewYork("2026-09-29T10:00:00-04:00"), 1);
  driver.Heartbeat(NewYork("2026-09-29T20:00:00-04:00"));
  driver.Step();
  ASSERT_EQ(driver.transitions().size(), 1U);
  const v1::Task& task = driver.transitions()[0].tasks(0);
  EXPECT_EQ(task.assignee(), "lead");
  // Judged on Wednesday 30 September in the morning in Shanghai; two days on lies after National
  // Day (S-02).
  EXPECT_EQ(absl::FromUnixMillis(task.due_unix_ms()), At("2026-10-09T18:00"));
}

// D-29: the clock by which a unit's days were cut does not change either.
TEST_F(SitesTest, AnotherZoneOfAUnitsCalendarIsRefusedOnceThereIsData) {
  driver_.Touch("bob", At("2026-11-02T10:00"), 1);
  driver_.Step();
  const absl::Status status = driver_.core().SetRulebook(LoadText(Rules("America/Chicago")));
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("'us'"), HasSubstr("America/New_York"),
                                                   HasSubstr("America/Chicago")));
  driver_.Restart();
  EXPECT_TRUE(driver_.core().SetRulebook(LoadText(Rules())).ok());
}

TEST_F(SitesTest, AUnitMayTakeUpACalendarOfItsOwnLater) {
  std::string before = Rules();
  const size_t at = before.find(", calendar: us");
  before.erase(at, std::string_view(", calendar: us").size());
  CoreDriver driver(before);
  driver.Touch("bob", At("2026-11-02T10:00"), 1);
  driver.Step();
  driver.Reload(Rules());
  driver.Touch("bob", NewYork("2026-11-03T10:00:00-05:00"), 1);
  driver.Heartbeat(NewYork("2026-11-04T20:00:00-05:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), testing::Contains("idle person:bob 2026-11-04 green>red THRESHOLD"));
}

}  // namespace
}  // namespace kpiwatch
