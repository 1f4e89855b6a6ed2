#include "daemon/engine/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/engine/core_rules.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Notified(const v1::Transition& t) {
  return {t.notified().begin(), t.notified().end()};
}

// Acceptance: junior misses Tue, Wed; approved leave Thu; misses Fri.
TEST(CoreTest, LeaveNeitherBreaksNorExtendsAStreak) {
  CoreDriver driver(kRules);
  driver.Touch("u102", At("2026-11-02T10:00"), 2);
  for (const char* day : {"02", "03", "04", "05", "06"}) {
    driver.Heartbeat(At("2026-11-" + std::string(day) + "T23:00"));
    driver.Step();
  }
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u102 2026-11-04 green>yellow THRESHOLD",
                                        "slipping person:u102 2026-11-06 yellow>orange THRESHOLD"));
  const v1::Transition& orange = driver.transitions()[1];
  EXPECT_EQ(orange.active_since_unix_ms(), driver.transitions()[0].at_unix_ms());
  EXPECT_EQ(orange.miss_streak(), 3);
  EXPECT_THAT(Notified(orange), ElementsAre("u102", "u100"));
  EXPECT_EQ(orange.grant(), "senior_assist");
  ASSERT_EQ(orange.tasks_size(), 1);
  EXPECT_EQ(orange.tasks(0).assignee(), "u100");
  EXPECT_EQ(absl::FromUnixMillis(orange.tasks(0).due_unix_ms()), At("2026-11-09T20:00"));
  ASSERT_EQ(orange.skipped_size(), 1);
  EXPECT_EQ(orange.skipped(0).reason(), "on_leave");
  // Sealed when the day had closed, its grace was over and its heartbeat was sent.
  EXPECT_EQ(absl::FromUnixMillis(orange.at_unix_ms()), At("2026-11-06T23:00"));
}

// kRules with a rule `week` on units, company and east, that does `consequences`.
std::string WeekOfUnits(std::string_view consequences) {
  std::string rules = kRules;
  const auto replace = [&rules](std::string_view from, std::string_view to) {
    rules.replace(rules.find(from), from.size(), to);
  };
  replace("name: week\n    kpi: revenue\n    for_each: person",
          "name: week\n    kpi: revenue\n    for_each: unit");
  replace("notify: [manager, manager+1]", consequences);
  replace("{kpi: revenue, person: u103, period: 2026-W46",
          "{kpi: revenue, unit: east, period: 2026-W46");
  replace("{kpi: revenue, person: u103, period: 2026-W47",
          "{kpi: revenue, unit: company, period: 2026-W46");
  return rules;
}

// A task has an assignee: where nobody stands as high as it asks for, the highest there is.
TEST(CoreTest, ATaskGoesToTheHighestManagerThereIs) {
  std::string rules = WeekOfUnits("open: talk");
  rules.replace(rules.find("assignee: manager"), 17, "assignee: manager+1");
  CoreDriver driver(rules);
  driver.Order("u103", At("2026-11-11T10:00"), "1");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  std::vector<std::string> assignees;
  for (const v1::Transition& transition : driver.transitions()) {
    if (transition.rule() == "week") {
      assignees.push_back(transition.subject() + " " + transition.tasks(0).assignee());
    }
  }
  EXPECT_THAT(assignees, ElementsAre("unit:company boss", "unit:east boss"));
}

// Its `manager:` is who answers for a unit, the topmost one's too.
TEST(CoreTest, AUnitsAlertsGoToItsOwnManager) {
  const auto told = [](std::string_view notify) {
    CoreDriver driver(WeekOfUnits(notify));
    driver.Order("u103", At("2026-11-11T10:00"), "1");
    driver.Heartbeat(At("2026-11-16T00:00"));
    driver.Step();
    std::vector<std::string> people;
    for (const v1::Transition& transition : driver.transitions()) {
      if (transition.rule() == "week") {
        people.push_back(transition.subject() + " " + absl::StrJoin(transition.notified(), ","));
      }
    }
    return people;
  };
  EXPECT_THAT(told("notify: [manager]"), ElementsAre("unit:company boss", "unit:east u100"));
  EXPECT_THAT(told("notify: [owner]"), ElementsAre("unit:company boss", "unit:east u100"));
  EXPECT_THAT(told("notify: [manager+1]"), ElementsAre("unit:company ", "unit:east boss"));
  EXPECT_THAT(told("notify: [owner, manager, manager+1]"),
              ElementsAre("unit:company boss", "unit:east u100,boss"));
}

// Acceptance: misses 2026-09-30, then 10-08: one yellow at the seal of 10-08.
TEST(CoreTest, ANationalHolidayNeitherBreaksNorExtendsAStreak) {
  CoreDriver driver(kRules);
  driver.Touch("u102", At("2026-09-29T10:00"), 2);
  driver.Heartbeat(At("2026-10-09T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u102 2026-10-08 green>yellow THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].skipped_size(), 7);
}

// Acceptance: week at 38 %, red sent; a late order lifts it to 44 %: withdrawn, the same are told.
TEST(CoreTest, ALateOrderWithdrawsARedThatWasNeverTrue) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "38");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].completion(), "0.380000");
  driver.Order("u103", At("2026-11-12T10:00"), "6");
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD",
                                        "week person:u103 2026-W46 red>green RESTATED"));
  EXPECT_THAT(Notified(driver.transitions()[1]), ElementsAre("u100", "boss"));
  EXPECT_EQ(driver.transitions()[1].active_since_unix_ms(), driver.transitions()[0].at_unix_ms());
  EXPECT_TRUE(driver.transitions()[1].never_true());
  driver.Order("u103", At("2026-11-18T10:00"), "44");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  EXPECT_EQ(driver.log().size(), 2U) << "the next week at 44 % is not red";
}

// Acceptance: 38 % stands; then 44 %, then 46 %: stays red, then resolved.
TEST(CoreTest, ARedStaysUntilItsClearLine) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "38");
  driver.Order("u103", At("2026-11-18T10:00"), "44");
  driver.Order("u103", At("2026-11-25T10:00"), "46");
  for (const char* monday : {"2026-11-16T00:00", "2026-11-23T00:00", "2026-11-30T00:00"}) {
    driver.Heartbeat(At(monday));
    driver.Step();
  }
  EXPECT_THAT(driver.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD",
                                        "week person:u103 2026-W48 red>green THRESHOLD"));
  EXPECT_LT(driver.transitions()[0].at_unix_ms(), driver.transitions()[1].at_unix_ms());
  EXPECT_EQ(driver.transitions()[1].active_since_unix_ms(), driver.transitions()[0].at_unix_ms());
}

TEST(CoreTest, ADuplicateChangesNothing) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "38", "o1");
  driver.Order("u103", At("2026-11-11T10:00"), "38", "o1");
  driver.Step();
  driver.Order("u103", At("2026-11-11T10:00"), "38", "o1");
  driver.Restart();
  driver.Order("u103", At("2026-11-11T10:00"), "38", "o1");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_EQ(driver.transitions()[0].value(), "38");
}

TEST(CoreTest, ACrashBetweenStepsChangesNothing) {
  CoreDriver driver(kRules);
  driver.Touch("u102", At("2026-11-02T10:00"), 2);
  for (const char* day : {"02", "03", "04"}) {
    driver.Heartbeat(At("2026-11-" + std::string(day) + "T23:00"));
    driver.Step();
    driver.Restart();
  }
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u102 2026-11-04 green>yellow THRESHOLD"));
}

// D-08: a fact behind its own partition's heartbeat is late whatever the batch it came in.
TEST(CoreTest, KeepsTheRecordReadLastBesideThePosition) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "1");
  driver.Order("u103", At("2026-11-11T11:00"), "2");
  driver.Step();
  driver.Restart();
  const std::vector<StoredPosition> stored = driver.core().progress().Positions("crm");
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].next_offset, 2);
  EXPECT_EQ(stored[0].last.offset, 1);
  EXPECT_EQ(stored[0].last.timestamp_ms, absl::ToUnixMillis(At("2026-11-11T11:00")));
}

TEST(CoreTest, WhatComesBehindItsHeartbeatIsACorrectionWhereverTheBatchIsCut) {
  for (const bool together : {true, false}) {
    CoreDriver driver(kRules);
    driver.Order("u103", At("2026-11-11T10:00"), "38");
    driver.Heartbeat(At("2026-11-16T00:00"));
    if (!together) {
      driver.Step();
    }
    driver.Order("u103", At("2026-11-12T10:00"), "6");
    driver.Step();
    driver.Step();
    EXPECT_THAT(driver.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD",
                                          "week person:u103 2026-W46 red>green RESTATED"))
        << together;
  }
}

// D-03: a source is complete as far as the least of its partitions.
TEST(CoreTest, ADayWaitsForEveryPartition) {
  CoreDriver driver(kRules, {.partitions = 2});
  driver.Order("u103", At("2026-11-11T10:00"), "38", {}, 1);
  driver.Heartbeat(At("2026-11-16T00:00"), 0);
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Heartbeat(At("2026-11-16T00:00"), 1);
  driver.Step();
  EXPECT_EQ(driver.log().size(), 1U);
}

TEST(CoreTest, PartitionsMayBeMetInAnyOrder) {
  CoreDriver driver(kRules, {.partitions = 4});
  driver.Order("u103", At("2026-11-11T10:00"), "38", {}, 3);
  driver.Order("u103", At("2026-11-11T10:00"), "1", {}, 0);
  for (uint32_t p = 0; p < 4; ++p) {
    driver.Heartbeat(At("2026-11-16T00:00"), p);
  }
  driver.Step();
  ASSERT_EQ(driver.log().size(), 1U);
  EXPECT_EQ(driver.transitions()[0].value(), "39");
}

TEST(CoreTest, ALoneOldEventMakesNobodyMissAllTheDaysSince) {
  CoreDriver driver(kRules, {.clock_by_events = false,
                             .complete_by = CompleteBy::kCaughtUp,
                             .live_from = At("2026-11-02T00:00")});
  driver.Touch("u103", At("1999-11-02T10:00"), 1);
  driver.Touch("u103", At("2026-11-02T10:00"), 1);
  driver.Step(At("2026-11-02T12:00"));
  EXPECT_EQ(driver.core().SealedThrough(0), Day::Parse("2026-11-01"));
  EXPECT_LT(driver.metrics().rule_evaluations.With({"slipping"}).value(), 200u);
}

// D-07: what closed before the daemon went live is recorded and not sent.
TEST(CoreTest, OldPeriodsAreRecordedAndNotSent) {
  CoreDriver driver(kRules, {.clock_by_events = false, .live_from = At("2026-11-20T00:00")});
  driver.Order("u103", At("2026-11-11T10:00"), "38");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  ASSERT_FALSE(driver.transitions().empty());
  EXPECT_EQ(driver.transitions()[0].period(), "2026-W46");
  EXPECT_EQ(driver.transitions()[0].not_sent_reason(), "before_live");
}

// Acceptance: the threshold is edited while the streak is 2: kept, no second yellow.
TEST(CoreTest, AnEditedRuleKeepsItsStreakAndTellsOnlyWhatDiffers) {
  CoreDriver driver(kRules);
  driver.Touch("u102", At("2026-11-02T10:00"), 2);
  driver.Heartbeat(At("2026-11-04T23:00"));
  driver.Step();
  std::string edited = kRules;
  edited.replace(edited.find("miss_streak >= 3"), 16, "miss_streak >= 4");
  driver.Reload(edited);
  driver.Step();
  EXPECT_EQ(driver.log().size(), 1U);
  driver.Heartbeat(At("2026-11-09T23:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u102 2026-11-04 green>yellow THRESHOLD",
                                        "slipping person:u102 2026-11-09 yellow>orange THRESHOLD"));
}

TEST(CoreTest, ARemovedRuleResolvesWhatItFired) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "38");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  std::string edited = kRules;
  edited.replace(edited.find("name: week"), 10, "name: weak");
  driver.Reload(edited);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD",
                                        "week person:u103 2026-W46 red>green RULE_REMOVED",
                                        "weak person:u103 2026-W46 green>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[1].active_since_unix_ms(), driver.transitions()[0].at_unix_ms());
  EXPECT_THAT(Notified(driver.transitions()[1]), ElementsAre("u100", "boss"));
}

TEST(CoreTest, ARuleThatLooksAtOnePeriodNamesThatOneAlone) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "44");  // missed as well, and no alert
  driver.Order("u103", At("2026-11-18T10:00"), "30");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("week person:u103 2026-W47 green>red THRESHOLD"));
  const v1::Transition& red = driver.transitions()[0];
  EXPECT_EQ(red.miss_streak(), 0);
  ASSERT_EQ(red.counted_size(), 1);
  EXPECT_EQ(red.counted(0).period(), "2026-W47");
}

// S-05, D-29: streaks are those of the sealed days, whatever the rule was called on them.
TEST(CoreTest, ANewRuleCountsTheDaysThatAreStored) {
  std::string without = kRules;
  without.replace(without.find("slipping"), 8, "other");
  CoreDriver driver(without);
  driver.Touch("u103", At("2026-11-06T10:00"), 2);
  driver.Heartbeat(At("2026-11-11T23:00"));
  driver.Step();
  driver.Forget();
  std::string with = kRules;
  with.replace(with.find("\"u102\""), 6, "\"u103\"");
  driver.Reload(with);
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u103 2026-11-11 green>orange THRESHOLD"));
  EXPECT_THAT(Notified(driver.transitions()[0]), ElementsAre("u103", "u100"));
  driver.Restart();
  driver.Heartbeat(At("2026-11-12T23:00"));
  driver.Step();
  EXPECT_EQ(driver.log().size(), 1U) << "it stands";
}

}  // namespace
}  // namespace kpiwatch
