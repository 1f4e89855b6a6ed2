// The engine as the API and the operator see it: what stands, what was left out and said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/testing/engine_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

std::string Rules() {
  return RuleText({.kpis = {kRevenue},
                   .targets = {"{kpi: revenue, person: u1, period: 2026-11, target: 200 CNY}"},
                   .rules = {"{name: progress, kpi: revenue, for_each: person, period: month, "
                             "evaluate: intraday, levels: "
                             "{red: {when: completion < 50%, clear: completion >= 50%}}}"}});
}

class EngineTest : public testing::Test {
 protected:
  EngineTest() { driver_.source().complete_by = CompleteBy::kHeartbeat; }
  void Order(std::string_view id, absl::Time time, std::string_view data) {
    driver_.Write("erp.order.confirmed", id, time, data, driver_.clock.Now());
  }
  void Run() {
    driver_.Start(Rules());
    driver_.Run();
  }
  Engine& engine() { return driver_.engine(); }

  EngineDriver driver_{At("2026-11-05T12:00")};
};

TEST_F(EngineTest, AnAlertOfAnOpenPeriodShowsItsTargetAndProgress) {
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  const AlertPage page = engine().Alerts({});
  ASSERT_THAT(page.alerts, SizeIs(1));
  EXPECT_EQ(page.alerts[0].value, "30");
  EXPECT_EQ(page.alerts[0].target, "200");
  EXPECT_EQ(page.alerts[0].completion, "0.150000");
}

TEST_F(EngineTest, AnAlertOfAnOpenPeriodShowsWhatIsThereNow) {
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  Order("o2", At("2026-11-05T11:00"),
        R"({"owner_id":"u1","amount":{"amount":"20","currency":"CNY"}})");
  Run();
  const AlertPage page = engine().Alerts({});
  ASSERT_THAT(page.alerts, SizeIs(1));
  EXPECT_EQ(page.alerts[0].value, "50") << "though its level is the same";
  EXPECT_EQ(page.alerts[0].completion, "0.250000");
}

// `kpictl send` posts rows of such a source as the events that its map makes of them.
TEST_F(EngineTest, TheLogHoldsCloudEventsWhateverTheFilesSentToItAre) {
  driver_.source().log = LogSourceOptions();
  driver_.source().format = SourceFormat::kCsv;
  driver_.source().columns = {"no"};
  driver_.source().map = {{.target = "type", .expression = "no"},
                          {.target = "id", .expression = "no"}};
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  EXPECT_THAT(engine().Alerts({}).alerts, SizeIs(1));
}

CounterFamily::Values Zero(std::initializer_list<const char*> values) {
  return {values.begin(), values.end()};
}

// An alert on `increase(…) > 0` does not see a series that begins with 1.
TEST_F(EngineTest, WhatMayHaveToBeCountedIsThereAtZeroBeforeItHappens) {
  driver_.Start(Rules());
  EngineMetrics& metrics = driver_.metrics();
  EXPECT_THAT(metrics.dead_letters.Take(),
              ElementsAre(Pair(Zero({"decode"}), 0), Pair(Zero({"implausible_time"}), 0),
                          Pair(Zero({"no_time"}), 0), Pair(Zero({"tenant"}), 0),
                          Pair(Zero({"too_old_to_deduplicate"}), 0)));
  EXPECT_THAT(metrics.facts_excluded.Take(), ElementsAre(Pair(Zero({"revenue", "binary_money"}), 0),
                                                         Pair(Zero({"revenue", "currency"}), 0),
                                                         Pair(Zero({"revenue", "no_measure"}), 0)));
  EXPECT_THAT(metrics.rule_evaluation_failures.Take(), ElementsAre(Pair(Zero({"progress"}), 0)));
}

// An alert on it means what it says, whatever else is on its way and however often it restarts.
TEST_F(EngineTest, TheOutboxIsAsOldAsTheOldestEntryThatWaits) {
  constexpr char kChannel[] = "slow";
  const auto order = [&](std::string_view id, std::string_view owner) {
    Order(id, At("2026-11-05T10:00"),
          R"({"owner_id":")" + std::string(owner) +
              R"(","amount":{"amount":"30","currency":"CNY"}})");
  };
  const auto age_at = [&](std::string_view time) {
    driver_.clock.Set(At(time));
    driver_.Run();
    return driver_.metrics().outbox_oldest_seconds.value();
  };
  const std::string rules =
      RuleText({.kpis = {kRevenue},
                .targets = {"{kpi: revenue, person: u1, period: 2026-11, target: 200 CNY}",
                            "{kpi: revenue, person: u2, period: 2026-11, target: 200 CNY}"},
                .rules = {"{name: progress, kpi: revenue, for_each: person, period: month, "
                          "evaluate: intraday, levels: {red: {when: completion < 50%}}}"}});
  order("o1", "u1");
  driver_.Start(rules, {kChannel});
  age_at("2026-11-05T12:00");
  EXPECT_EQ(engine().outbox().length(), 1u);
  EXPECT_EQ(age_at("2026-11-05T12:10"), 600);
  order("o2", "u2");
  driver_.clock.Set(At("2026-11-05T12:15"));
  driver_.Start(rules, {kChannel});
  EXPECT_EQ(age_at("2026-11-05T12:15"), 900) << "no younger after a restart";
  EXPECT_EQ(engine().outbox().length(), 2u);
  engine().outbox().Acknowledge(kChannel, 1);
  EXPECT_EQ(age_at("2026-11-05T12:20"), 300) << "of the second";
  engine().outbox().Acknowledge(kChannel, 2);
  EXPECT_EQ(age_at("2026-11-05T12:30"), 0);
}

TEST_F(EngineTest, ABriefListNamesTheSameAlerts) {
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  const AlertPage page = engine().Alerts({.after = {}, .limit = 0, .rules = {}, .brief = true});
  EXPECT_EQ(page.total, 1u);
  EXPECT_TRUE(page.more);
  const AlertPage all = engine().Alerts({.after = {}, .limit = 9, .rules = {}, .brief = true});
  ASSERT_THAT(all.alerts, SizeIs(1));
  EXPECT_EQ(all.alerts[0].rule, "progress");
  EXPECT_EQ(all.alerts[0].subject, "person:u1");
  EXPECT_EQ(all.alerts[0].kpi, "revenue");
  EXPECT_EQ(all.alerts[0].level, Level::kRed);
}

TEST_F(EngineTest, ASourceThatIsLateIsAnAlertOfTheListsUntilItIsComplete) {
  driver_.clock.Set(At("2026-11-06T22:00"));  // two hours behind the close of its day
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  const AlertPage page = engine().Alerts({});
  ASSERT_THAT(page.alerts, SizeIs(2));
  const AlertView& late = page.alerts[0];
  EXPECT_EQ(late.rule, "data-late");
  EXPECT_EQ(late.subject, "source:crm");
  EXPECT_EQ(late.period, "2026-11-05");
  EXPECT_EQ(late.level, Level::kOrange);
  EXPECT_EQ(late.active_at, At("2026-11-05T22:00"));
  EXPECT_THAT(late.annotations.at("summary"), HasSubstr("crm"));
  EXPECT_EQ(page.states.at({"data-late", Level::kOrange}), AlertState::kFiring);
  EXPECT_THAT(engine().Alerts({.after = {}, .limit = 9, .rules = {"data-late"}}).alerts, SizeIs(1));
  EXPECT_THAT(engine().Alerts({.after = {}, .limit = 9, .rules = {"progress"}}).alerts, SizeIs(1));
  const AlertPage brief = engine().Alerts({.after = {}, .limit = 9, .rules = {}, .brief = true});
  ASSERT_THAT(brief.alerts, SizeIs(2));
  EXPECT_EQ(brief.total, 2u);
  EXPECT_EQ(brief.alerts[0].rule, "data-late");
  EXPECT_EQ(brief.alerts[0].subject, "source:crm");

  driver_.Write("sys.source.heartbeat", "h1", At("2026-11-06T22:00"),
                R"({"complete_until":"2026-11-06T22:00:00+08:00"})", driver_.clock.Now());
  Run();
  Run();
  EXPECT_THAT(engine().Alerts({.after = {}, .limit = 9, .rules = {"data-late"}}).alerts, SizeIs(0));
}

TEST_F(EngineTest, WhatAKpiCannotTakeIsCountedAndSaid) {
  Order("usd", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"USD"}})");
  Order("misspelt", At("2026-11-05T10:00"), R"({"owner_id":"u1","Amount":"30"})");
  testing::internal::CaptureStderr();
  Run();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(driver_.metrics().facts_excluded.With({"revenue", "currency"}).value(), 1u);
  EXPECT_EQ(driver_.metrics().facts_excluded.With({"revenue", "no_measure"}).value(), 1u);
  EXPECT_THAT(log, AllOf(HasSubstr("a KPI could not take what an event brought"),
                         HasSubstr("event=usd"), HasSubstr("event=misspelt")));
}

TEST_F(EngineTest, ATimeThatCannotBeMeantIsADeadLetter) {
  Order("zero", absl::UnixEpoch(),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  EXPECT_EQ(driver_.metrics().dead_letters.With({"implausible_time"}).value(), 1u);
  EXPECT_THAT(engine().Alerts({}).alerts, SizeIs(0));
}

// D-12: what was recorded before the window of known ids may have been counted long ago.
TEST_F(EngineTest, AnEventRecordedBeforeTheWindowIsTooOldToDeduplicate) {
  driver_.options.core.dedup.min_age = absl::Hours(24);
  constexpr std::string_view kThirty =
      R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})";
  Order("o1", At("2026-11-05T10:00"), kThirty);
  Run();
  driver_.clock.Set(At("2026-11-07T12:00"));
  Order("o2", At("2026-11-07T10:00"), kThirty);  // with it the id of o1 goes, which came at noon
  Run();
  const auto write = [&](std::string_view id, std::string_view more) {
    driver_.Write("erp.order.confirmed", id, At("2026-11-07T11:00"), kThirty, driver_.clock.Now(),
                  more);
  };
  write("o1", R"("recordedtime":"2026-11-05T12:00:00+08:00",)");
  write("o3", R"("recordedtime":"2026-11-05T12:00:01+08:00",)");
  write("o4", "");  // nobody says when
  Run();
  EXPECT_EQ(driver_.metrics().dead_letters.With({"too_old_to_deduplicate"}).value(), 1u);
  const AlertPage page = engine().Alerts({.after = {}, .limit = 9, .rules = {"progress"}});
  EXPECT_THAT(page.alerts, SizeIs(0));  // 120 of 200: o1, o2, o3, o4, each once
}

TEST_F(EngineTest, AHeartbeatThatDoesNotSayUntilWhenIsADeadLetterThatNamesTheField) {
  driver_.Write("sys.source.heartbeat", "h1", At("2026-11-05T10:00"), R"({"source":"crm"})",
                At("2026-11-05T10:00"));
  driver_.Write("sys.source.heartbeat", "h2", At("2026-11-05T10:00"),
                R"({"complete_until":"tomorrow"})", At("2026-11-05T10:00"));
  testing::internal::CaptureStderr();
  Run();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("the heartbeat has no data.complete_until"));
  EXPECT_EQ(driver_.metrics().dead_letters.With({"decode"}).value(), 2u);
}

// Whole or not at all, however its events are written.
TEST_F(EngineTest, ARecordWithABadRowIsNotTakenInPart) {
  driver_.source().format = SourceFormat::kCsv;
  driver_.source().columns = {"id", "owner", "amount", "at"};
  driver_.source().map = {{.target = "type", .expression = "'erp.order.confirmed'"},
                          {.target = "id", .expression = "id"},
                          {.target = "time", .expression = "at"},
                          {.target = "data.owner_id", .expression = "owner"},
                          {.target = "data.amount", .expression = "amount", .currency = "CNY"}};
  driver_.WriteText("o1,u1,30,2026-11-05T10:00:00Z\no2,u1,30\n");
  driver_.WriteText("o3,u1,30,2026-11-05T10:00:00Z\no4,u1,20,2026-11-05T10:00:00Z\n");
  Run();
  EXPECT_EQ(driver_.metrics().dead_letters.With({"decode"}).value(), 1u);
  const AlertPage page = engine().Alerts({});
  ASSERT_THAT(page.alerts, SizeIs(1));
  EXPECT_EQ(page.alerts[0].value, "50");
}

TEST_F(EngineTest, AStepThatHasKeptItsCausesEndsAndTheNextOneGoesOn) {
  driver_.options.core.most_causes = 3;
  driver_.options.poll_records = 2;
  for (int order = 0; order < 192; ++order) {
    Order("o" + std::to_string(order), At("2026-11-05T10:00"),
          R"({"owner_id":"u1","amount":{"amount":"1","currency":"CNY"}})");
  }
  driver_.Start(Rules());
  EXPECT_EQ(driver_.Run(), 3);  // events are booked 64 at a time
}

TEST_F(EngineTest, ARestartCountsTheKnownIdsBeforeItsFirstStep) {
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"1","currency":"CNY"}})");
  Run();
  driver_.Start(Rules());
  EXPECT_EQ(driver_.metrics().dedup_window_ids.value(), 1);
}

TEST_F(EngineTest, AStartTellsWhatWaitsForAReceiverThatItsRulesDoNotName) {
  Order("o1", At("2026-11-05T10:00"),
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  driver_.Start(Rules(), {"webhook:a/0", "webhook:b/0"});
  driver_.Run();
  engine().outbox().Acknowledge("webhook:b/0", engine().outbox().head());
  ASSERT_TRUE(engine().WriteLastAcknowledgements().ok());
  std::vector<GoneChannel> gone;
  driver_.options.channel_gone = [&](const GoneChannel& channel) { gone.push_back(channel); };
  driver_.Start(Rules(), {"webhook:c/0"});
  EXPECT_THAT(gone, testing::ElementsAre(GoneChannel{"webhook:a/0", 1}));
}

TEST_F(EngineTest, TheLastStepsOfABacklogAreShort) {
  driver_.options.max_step_events = 1000;
  driver_.options.least_step_events = 4;
  driver_.options.poll_records = 1;
  for (int order = 0; order < 64; ++order) {
    Order("o" + std::to_string(order), At("2026-11-05T10:00"),
          R"({"owner_id":"u1","amount":{"amount":"1","currency":"CNY"}})");
  }
  driver_.Start(Rules());
  EXPECT_EQ(driver_.Run(), 5);  // 32, 16, 8, 4 and 4
}

TEST_F(EngineTest, SaysThatEventsMoveTheTimeByHeartbeatsAlone) {
  driver_.options.core.clock_by_events = true;
  driver_.source().complete_by = CompleteBy::kCaughtUp;
  testing::internal::CaptureStderr();
  Run();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("with `clock: events` time moves by heartbeats alone"));
}

}  // namespace
}  // namespace kpiwatch
