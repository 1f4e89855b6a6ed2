// The engine as the API and the operator see it: what stands, what was left out and said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/engine/engine.h"
#include "tests/testing/core_driver.h"
#include "tests/testing/scripted_source.h"

namespace kpiwatch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u1, period: 2026-11, target: 200 CNY}
rules:
  - name: progress
    kpi: revenue
    for_each: person
    period: month
    evaluate: intraday
    levels: {red: {when: completion < 50%, clear: completion >= 50%}}
)";

class EngineTest : public testing::Test {
 protected:
  EngineTest() : options_(1) {
    options_[0].name = "crm";
    options_[0].complete_by = CompleteBy::kHeartbeat;
  }
  void Order(std::string_view id, std::string_view time, std::string_view data) {
    texts_.push_back(R"({"specversion":"1.0","type":"com.acme.erp.order.confirmed.v1",)"
                     R"("source":"/crm","id":")" +
                     std::string(id) + R"(","time":")" + std::string(time) + R"(","data":)" +
                     std::string(data) + "}");
    script_[0].push_back({texts_.back(), absl::ToUnixMillis(clock_.Now())});
  }
  void Run() {
    Engine::Options options;
    options.core.sources = &options_;
    options.core.clock_by_events = by_events_;
    options.idle_wait = absl::ZeroDuration();
    options.commit_beside = false;
    std::vector<Engine::Source> sources;
    sources.push_back(
        {.kind = "test",
         .source = std::make_unique<ScriptedSource>("crm", &script_, [](int n) { return n - 1; }),
         .options = &options_[0]});
    engine_ = std::make_unique<Engine>(std::move(options), &store_, "store", &clock_,
                                       std::move(sources), &metrics_);
    ASSERT_TRUE(engine_->Start(LoadText(kRules), {}).ok());
    for (bool worked = true; worked;) {
      const auto once = engine_->RunOnce();
      ASSERT_TRUE(once.ok()) << once.status();
      worked = *once;
    }
  }

  bool by_events_ = false;
  std::vector<SourceOptions> options_;
  std::deque<std::string> texts_;
  ScriptedSource::Script script_ = {{}};
  MemoryStore store_;
  EngineMetrics metrics_;
  ManualClock clock_{At("2026-11-05T12:00")};
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, AnAlertOfAnOpenPeriodShowsItsTargetAndProgress) {
  Order("o1", "2026-11-05T02:00:00Z",
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  const AlertPage page = engine_->Alerts({});
  ASSERT_THAT(page.alerts, SizeIs(1));
  EXPECT_EQ(page.alerts[0].value, "30");
  EXPECT_EQ(page.alerts[0].target, "200");
  EXPECT_EQ(page.alerts[0].completion, "0.150000");
}

TEST_F(EngineTest, ABriefListNamesTheSameAlerts) {
  Order("o1", "2026-11-05T02:00:00Z",
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  const AlertPage page = engine_->Alerts({.after = {}, .limit = 0, .rules = {}, .brief = true});
  EXPECT_EQ(page.total, 1u);
  EXPECT_TRUE(page.more);
  const AlertPage all = engine_->Alerts({.after = {}, .limit = 9, .rules = {}, .brief = true});
  ASSERT_THAT(all.alerts, SizeIs(1));
  EXPECT_EQ(all.alerts[0].rule, "progress");
  EXPECT_EQ(all.alerts[0].subject, "person:u1");
  EXPECT_EQ(all.alerts[0].kpi, "revenue");
  EXPECT_EQ(all.alerts[0].level, Level::kRed);
}

TEST_F(EngineTest, WhatAKpiCannotTakeIsCountedAndSaid) {
  Order("usd", "2026-11-05T02:00:00Z",
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"USD"}})");
  Order("misspelt", "2026-11-05T02:00:00Z", R"({"owner_id":"u1","Amount":"30"})");
  testing::internal::CaptureStderr();
  Run();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(metrics_.facts_excluded.With({"revenue", "currency"}).value(), 1u);
  EXPECT_EQ(metrics_.facts_excluded.With({"revenue", "no_measure"}).value(), 1u);
  EXPECT_THAT(log, AllOf(HasSubstr("a KPI could not take what an event brought"),
                         HasSubstr("event=usd"), HasSubstr("event=misspelt")));
}

TEST_F(EngineTest, ATimeThatCannotBeMeantIsADeadLetter) {
  Order("zero", "1970-01-01T00:00:00Z",
        R"({"owner_id":"u1","amount":{"amount":"30","currency":"CNY"}})");
  Run();
  EXPECT_EQ(metrics_.dead_letters.With({"implausible_time"}).value(), 1u);
  EXPECT_THAT(engine_->Alerts({}).alerts, SizeIs(0));
}

TEST_F(EngineTest, SaysThatEventsMoveTheTimeByHeartbeatsAlone) {
  by_events_ = true;
  options_[0].complete_by = CompleteBy::kCaughtUp;
  testing::internal::CaptureStderr();
  Run();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("with `clock: events` time moves by heartbeats alone"));
}

}  // namespace
}  // namespace kpiwatch
