// What the core knows of its sources: until when they are proven complete, which are late, whose
// they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "daemon/engine/core.h"
#include "tests/engine/core_rules.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Acceptance: the feed is down; no miss counted, one data alert, then the verdict.
TEST(CoreSourcesTest, LateDataIsAnAlertOfItsOwnAndNoMiss) {
  CoreDriver driver(kRules, {.clock_by_events = false});
  driver.Touch("u102", At("2026-11-02T10:00"), 2);
  driver.Heartbeat(At("2026-11-03T00:00"));
  driver.Step(At("2026-11-03T08:00"));
  driver.Step(At("2026-11-03T22:00"));
  driver.Step(At("2026-11-04T12:00"));
  EXPECT_THAT(driver.log(), ElementsAre("data-late source:crm 2026-11-03 green>orange DATA_LATE"));
  driver.Heartbeat(At("2026-11-04T11:00"));
  driver.Step(At("2026-11-04T13:00"));
  EXPECT_THAT(driver.log(),
              ElementsAre("data-late source:crm 2026-11-03 green>orange DATA_LATE",
                          "data-late source:crm 2026-11-03 orange>green DATA_COMPLETE"));
  EXPECT_EQ(driver.transitions()[1].active_since_unix_ms(), driver.transitions()[0].at_unix_ms());
  driver.Heartbeat(At("2026-11-05T00:00"));
  driver.Step(At("2026-11-05T00:00"));
  EXPECT_EQ(driver.log().back(), "slipping person:u102 2026-11-04 green>yellow THRESHOLD");
}

// S-26: what nobody reads can prove nothing, also where the source beside it is complete.
TEST(CoreSourcesTest, ADayThatNeedsASourceThatNobodyReadsNeverSeals) {
  for (const char* sources :
       {"{sources: [locall], name: touches", "{sources: [crm, locall], name: touches"}) {
    std::string rules = kRules;
    rules.replace(rules.find("{name: touches"), 14, sources);
    CoreDriver driver(rules, {.clock_by_events = false});
    driver.Touch("u102", At("2026-11-02T10:00"), 2);
    driver.Heartbeat(At("2026-11-06T23:00"));
    driver.Step(At("2026-11-06T23:00"));
    EXPECT_EQ(driver.core().SealedThrough(0), std::nullopt) << sources;
    EXPECT_EQ(driver.core().SealedThrough(1), Day::Parse("2026-11-06"));
    EXPECT_THAT(driver.log(),
                ElementsAre("data-late source:locall 2026-11-02 green>orange DATA_LATE"))
        << "a verdict over it is as unproven";
  }
}

std::string NeedingLocal() {
  std::string rules = kRules;
  return rules.replace(rules.find("{name: touches"), 14, "{sources: [crm, local], name: touches");
}

TEST(CoreSourcesTest, ASourceThatNobodyReadsIsLateOnceUntilNoKpiNamesIt) {
  for (const bool by_events : {false, true}) {
    CoreDriver driver(NeedingLocal(), {.clock_by_events = by_events});
    driver.Touch("u102", At("2026-11-02T10:00"), 2);
    driver.Heartbeat(At("2026-11-02T21:00"));
    driver.Step(At("2026-11-02T21:00"));
    ASSERT_EQ(driver.core().UnreadSources().size(), 1u);
    EXPECT_EQ(driver.core().UnreadSources()[0].name, "local");
    EXPECT_EQ(driver.core().UnreadSources()[0].late, std::nullopt);
    driver.Heartbeat(At("2026-11-03T09:00"));
    driver.Step(At("2026-11-03T09:00"));
    driver.Restart();
    driver.Heartbeat(At("2026-11-04T09:00"));
    driver.Step(At("2026-11-04T09:00"));
    EXPECT_THAT(driver.log(),
                ElementsAre("data-late source:local 2026-11-02 green>orange DATA_LATE"));
    ASSERT_EQ(driver.core().UnreadSources().size(), 1u);
    ASSERT_TRUE(driver.core().UnreadSources()[0].late.has_value());
    EXPECT_EQ(driver.core().UnreadSources()[0].late->since, At("2026-11-02T22:00"));
    driver.Reload(kRules);
    driver.Step(At("2026-11-04T10:00"));
    EXPECT_THAT(driver.core().UnreadSources(), IsEmpty());
    EXPECT_THAT(driver.log(), Contains("data-late source:local 2026-11-02 orange>green "
                                       "DATA_COMPLETE"));
  }
}

// D-02: nothing has ever come; that is no reason to say nothing.
TEST(CoreSourcesTest, ASourceThatNeverDeliveredIsLateAfterTheFirstDay) {
  CoreDriver driver(kRules, {.clock_by_events = false,
                             .complete_by = CompleteBy::kCaughtUp,
                             .live_from = At("2026-11-02T15:00")});
  driver.Step(At("2026-11-02T21:59"));
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Step(At("2026-11-02T22:00"));
  EXPECT_THAT(driver.log(), ElementsAre("data-late source:crm 2026-11-02 green>orange DATA_LATE"));
  driver.Touch("u102", At("2026-11-03T10:00"), 2);
  driver.Step(At("2026-11-03T10:00"));
  EXPECT_THAT(driver.log(),
              ElementsAre("data-late source:crm 2026-11-02 green>orange DATA_LATE",
                          "data-late source:crm 2026-11-02 orange>green DATA_COMPLETE"));
}

// An end that was heard before the grace was over says nothing of what came since: the broker may
// be down. It is asked every few seconds, so that a day does not wait for the answer as late.
TEST(CoreSourcesTest, ADayWhoseEndWasNotHeardSinceDoesNotSealAndIsLate) {
  CoreDriver driver(kRules, {.clock_by_events = false, .complete_by = CompleteBy::kCaughtUp});
  driver.Touch("u102", At("2026-11-02T10:00"), 1);
  driver.Step(At("2026-11-02T12:00"));
  driver.ends_asked = At("2026-11-02T21:59");
  driver.Step(At("2026-11-02T22:00"));
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Step(At("2026-11-02T22:00") + absl::Seconds(15));
  EXPECT_THAT(driver.log(), ElementsAre("data-late source:crm 2026-11-02 green>orange DATA_LATE"));
  EXPECT_EQ(driver.core().ProvenUntil(0), absl::InfinitePast());
  driver.ends_asked = At("2026-11-02T22:10");
  driver.Step(At("2026-11-02T22:11"));
  EXPECT_THAT(driver.log(), Contains("data-late source:crm 2026-11-02 orange>green DATA_COMPLETE"));
  EXPECT_EQ(driver.core().SealedThrough(0), Day::Parse("2026-11-02"));
}

// Nothing has to come after the restart: the day's records are behind the stored position.
TEST(CoreSourcesTest, ARestartKnowsThatTheDayHasBroughtSomething) {
  CoreDriver driver(kRules, {.clock_by_events = false, .complete_by = CompleteBy::kCaughtUp});
  driver.Touch("u102", At("2026-11-01T10:00"), 1);
  driver.Step(At("2026-11-01T23:00"));
  driver.Touch("u102", At("2026-11-02T10:00"), 1);
  driver.Step(At("2026-11-02T12:00"));
  driver.Touch("u102", At("2026-11-03T10:00"), 1);
  driver.Step(At("2026-11-03T10:00"));
  driver.Restart();
  driver.Step(At("2026-11-03T22:00"));
  EXPECT_EQ(driver.core().SealedThrough(0), Day::Parse("2026-11-03"));
}

TEST(CoreSourcesTest, ASourceThatWasReadToItsEndIsProvenToTheCloseOfTheLastDayThatThisLetSeal) {
  CoreDriver driver(kRules, {.clock_by_events = false,
                             .complete_by = CompleteBy::kCaughtUp,
                             .other_sources = {"silent"}});
  driver.Touch("u103", At("2026-11-02T10:00"), 1);
  driver.Step(At("2026-11-02T12:00"));
  EXPECT_EQ(driver.core().ProvenUntil(0), absl::InfinitePast());
  driver.Step(At("2026-11-02T23:00"));
  EXPECT_EQ(driver.core().ProvenUntil(0), At("2026-11-02T20:00"))
      << "though the day waits for the other source";
  EXPECT_EQ(driver.core().ProvenUntil(1), absl::InfinitePast());
  driver.Step(At("2026-11-03T23:00"));
  EXPECT_EQ(driver.core().ProvenUntil(0), At("2026-11-02T20:00")) << "nothing came on the third";
  driver.Touch("u103", At("2026-11-03T23:30"), 1);
  driver.Step(At("2026-11-03T23:30"));
  EXPECT_EQ(driver.core().ProvenUntil(0), At("2026-11-03T20:00"));
}

TEST(CoreSourcesTest, WhatASourceWasProvenToOutlivesARestart) {
  CoreDriver driver(kRules, {.clock_by_events = false, .complete_by = CompleteBy::kCaughtUp});
  driver.Touch("u103", At("2026-11-02T10:00"), 1);
  driver.Step(At("2026-11-02T23:00"));
  driver.Restart();
  EXPECT_EQ(driver.core().ProvenUntil(0), At("2026-11-02T20:00"));
}

// D-17: a source without a configured tenant takes any single one.
TEST(CoreSourcesTest, ASourceBelongsToTheFirstTenantThatItsEventsName) {
  CoreDriver driver(kRules);
  driver.Order("u103", At("2026-11-11T10:00"), "1");
  EXPECT_EQ(driver.last_result, OfferResult::kAccepted) << "says nothing of tenants";
  driver.tenant = "acme";
  driver.Order("u103", At("2026-11-11T10:00"), "2");
  EXPECT_EQ(driver.last_result, OfferResult::kAccepted);
  driver.Step();
  driver.Restart();
  driver.tenant = "other";
  driver.Order("u103", At("2026-11-11T10:00"), "30");
  EXPECT_EQ(driver.last_result, OfferResult::kTenant);
  driver.tenant = "";
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  ASSERT_EQ(driver.transitions().size(), 1U);
  EXPECT_EQ(driver.transitions()[0].value(), "3");
}

// D-12: what one tenant's source brings twice is the same event, whether it names the tenant or
// not.
TEST(CoreSourcesTest, AnEventThatComesAgainWithItsTenantOrWithoutItCountsOnce) {
  for (const bool named_first : {false, true}) {
    CoreDriver driver(kRules);
    const auto order = [&](bool named, const char* amount, const char* id) {
      driver.tenant = named ? "acme" : "";
      driver.Order("u103", At("2026-11-11T10:00"), amount, id);
    };
    order(named_first, "1", "first");
    driver.Step();
    driver.Restart();
    order(!named_first, "1", "first");
    order(true, "2", "named");
    driver.Step();
    driver.Restart();
    order(false, "2", "named");
    order(false, "10", "unnamed");
    order(true, "10", "unnamed");
    driver.Heartbeat(At("2026-11-16T00:00"));
    driver.Step();
    ASSERT_EQ(driver.transitions().size(), 1U);
    EXPECT_EQ(driver.transitions()[0].value(), "13") << "named first: " << named_first;
  }
}

// D-01: now is the least that the sources prove which KPIs need, and nothing else holds it.
TEST(CoreSourcesTest, EventsMoveTheTimeWhateverTheWallSaysAndWhatNoKpiNeeds) {
  std::string rules = kRules;
  for (const std::string kpi : {"touches", "revenue", "actions"}) {
    rules.replace(rules.find("{name: " + kpi), 7 + kpi.size(), "{sources: [crm], name: " + kpi);
  }
  CoreDriver driver(rules, {.other_sources = {"erp"}});
  driver.Touch("u102", At("2026-11-02T10:00"), 2);
  driver.Heartbeat(At("2026-11-04T23:00"));
  driver.Step(At("2026-11-01T00:00"));
  EXPECT_EQ(driver.core().now(), At("2026-11-04T23:00"));
  EXPECT_THAT(driver.log(), ElementsAre("slipping person:u102 2026-11-04 green>yellow THRESHOLD"));
}

}  // namespace
}  // namespace kpiwatch
