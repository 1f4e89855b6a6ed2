#include "daemon/engine/forward_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/engine/engine.h"
#include "tests/testing/core_driver.h"
#include "tests/testing/scripted_source.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ForwardClockTest, StandsStillUntilTheClockHasCaughtUp) {
  const absl::Time noon = At("2026-11-02T12:00");
  ManualClock wall(noon);
  EngineMetrics metrics;
  ForwardClock clock(&wall, &metrics);
  EXPECT_EQ(clock.Now(), noon);
  EXPECT_EQ(metrics.clock_steps_back.value(), 0u);

  wall.Set(noon - absl::Hours(1));
  testing::internal::CaptureStderr();
  EXPECT_EQ(clock.Now(), noon);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("the system clock has stepped back: seals wait until it has caught up"));
  EXPECT_EQ(metrics.clock_behind_seconds.value(), 3600);
  wall.Advance(absl::Minutes(30));
  EXPECT_EQ(clock.Now(), noon);
  EXPECT_EQ(metrics.clock_steps_back.value(), 1u) << "one step, however long it lasts";
  EXPECT_EQ(metrics.clock_behind_seconds.value(), 1800);
  wall.Set(noon - absl::Hours(2));
  EXPECT_EQ(clock.Now(), noon);
  EXPECT_EQ(metrics.clock_steps_back.value(), 2u);

  wall.Set(noon + absl::Seconds(1));
  testing::internal::CaptureStderr();
  EXPECT_EQ(clock.Now(), noon + absl::Seconds(1));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the system clock has caught up"));
  EXPECT_EQ(metrics.clock_behind_seconds.value(), 0);
}

TEST(ForwardClockTest, SaysNothingOfWhatADisciplinedClockDoes) {
  const absl::Time noon = At("2026-11-02T12:00");
  ManualClock wall(noon);
  EngineMetrics metrics;
  ForwardClock clock(&wall, &metrics);
  clock.Now();
  wall.Set(noon - ForwardClock::kTolerance);
  testing::internal::CaptureStderr();
  EXPECT_EQ(clock.Now(), noon);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(metrics.clock_steps_back.value(), 0u);
}

TEST(ForwardClockTest, AClockThatJumpsToAndFroIsCountedEachTimeAndSaidOncePerMinute) {
  const absl::Time noon = At("2026-11-02T12:00");
  ManualClock wall(noon);
  EngineMetrics metrics;
  ForwardClock clock(&wall, &metrics);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i) {
    wall.Set(noon);
    clock.Now();
    wall.Set(noon - absl::Seconds(10));
    clock.Now();
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(metrics.clock_steps_back.value(), 10u);
  EXPECT_EQ(log.find("has stepped back"), log.rfind("has stepped back")) << log;
}

TEST(ForwardClockTest, ARestartBehindTheStoredTimeIsAStepBackToo) {
  const absl::Time noon = At("2026-11-02T12:00");
  ManualClock wall(noon - absl::Hours(1));
  EngineMetrics metrics;
  ForwardClock clock(&wall, &metrics);
  clock.Restore(noon);
  EXPECT_EQ(clock.Now(), noon);
  EXPECT_EQ(metrics.clock_steps_back.value(), 1u);
}

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
rules:
  - name: idle
    kpi: touches
    for_each: person
    period: day
    evaluate: on_close
    levels: {yellow: {when: value < 2}}
    clear_after: 1
)";

// An engine on the wall's clock over records that outlive it; RunOnce is all that moves it.
class ClockStepTest : public testing::Test {
 protected:
  ClockStepTest() : options_(1) {
    options_[0].name = "crm";
    options_[0].complete_by = CompleteBy::kCaughtUp;
    Start();
  }
  // A new process on the same store.
  void Start() {
    engine_.reset();
    metrics_ = std::make_unique<EngineMetrics>();
    Engine::Options options;
    options.core.sources = &options_;
    options.core.live_from = absl::InfinitePast();
    options.idle_wait = absl::ZeroDuration();
    options.commit_beside = false;
    std::vector<Engine::Source> sources;
    sources.push_back(
        {.kind = "test",
         .source = std::make_unique<ScriptedSource>("crm", &script_, [](int n) { return n - 1; }),
         .options = &options_[0]});
    engine_ = std::make_unique<Engine>(std::move(options), &store_, "store", &clock_,
                                       std::move(sources), metrics_.get());
    ASSERT_TRUE(engine_->Start(LoadText(kRules), {"test"}).ok());
  }
  // What a restart reads next; the transport's clock is right.
  void Touch(std::string_view time) {
    texts_.push_back(R"({"specversion":"1.0","type":"com.acme.crm.activity.completed.v1",)"
                     R"("source":"/crm","id":"e)" +
                     std::to_string(texts_.size()) + R"(","time":")" +
                     absl::FormatTime(absl::RFC3339_full, At(time), absl::UTCTimeZone()) +
                     R"(","data":{"owner_id":"u1"}})");
    script_[0].push_back({texts_.back(), absl::ToUnixMillis(At(time))});
  }
  void RunAt(std::string_view time) {
    clock_.Set(At(time));
    for (bool worked = true; worked;) {
      const auto once = engine_->RunOnce();
      ASSERT_TRUE(once.ok()) << once.status();
      worked = *once;
    }
  }
  std::vector<std::string> Told() {
    const auto entries = engine_->outbox().Read(0, 1000, absl::ZeroDuration());
    EXPECT_TRUE(entries.ok()) << entries.status();
    std::vector<std::string> told;
    for (const v1::OutboxEntry& entry : *entries) {
      const v1::Transition& t = entry.transition();
      told.push_back(t.rule() + " " + t.period() + " " + v1::Level_Name(t.to_level()).substr(6));
    }
    return told;
  }

  std::deque<std::string> texts_;
  ScriptedSource::Script script_{1};
  std::vector<SourceOptions> options_;
  MemoryStore store_;
  ManualClock clock_{At("2026-11-02T10:00")};
  std::unique_ptr<EngineMetrics> metrics_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(ClockStepTest, NoSealIsUndoneOrDoubledAndARestartChangesNothing) {
  Touch("2026-11-02T10:00");
  Start();
  RunAt("2026-11-02T10:01");
  RunAt("2026-11-02T22:00");
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW"));

  RunAt("2026-11-02T21:00");
  EXPECT_EQ(metrics_->clock_steps_back.value(), 1u);
  EXPECT_EQ(engine_->Now(), At("2026-11-02T22:00"));
  RunAt("2026-11-02T22:01");  // the moment of the seal once more
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW"));

  Touch("2026-11-02T19:00");  // after the seal, whatever the clock says: a correction
  clock_.Set(At("2026-11-02T18:00"));
  Start();
  RunAt("2026-11-02T18:00");
  EXPECT_EQ(metrics_->clock_steps_back.value(), 1u);
  EXPECT_EQ(engine_->Now(), At("2026-11-02T22:00"));
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW", "idle 2026-11-02 GREEN"));
  RunAt("2026-11-02T22:02");
  EXPECT_EQ(Told().size(), 2u);

  Touch("2026-11-03T10:00");
  clock_.Set(At("2026-11-03T10:00"));
  Start();
  RunAt("2026-11-03T22:00");
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW", "idle 2026-11-02 GREEN",
                                  "idle 2026-11-03 YELLOW"));
  EXPECT_EQ(metrics_->clock_steps_back.value(), 0u);
}

TEST_F(ClockStepTest, ASourceThatIsReadToItsEndIsNotLateBecauseOfTheClock) {
  Touch("2026-11-02T10:00");
  RunAt("2026-11-02T22:00");  // reads nothing: the source began without the record
  clock_.Set(At("2026-11-02T21:00"));
  Start();
  RunAt("2026-11-02T21:00");  // for the engine it is still ten
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW"));
  EXPECT_EQ(metrics_->source_late.With({"crm"}).value(), 0u);
}

}  // namespace
}  // namespace kpiwatch
