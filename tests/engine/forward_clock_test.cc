#include "daemon/engine/forward_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/engine_driver.h"
#include "tests/testing/rule_text.h"

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

// An engine on the wall's clock over records that outlive it; RunAt is all that moves it.
class ClockStepTest : public testing::Test {
 protected:
  ClockStepTest() {
    driver_.source().complete_by = CompleteBy::kCaughtUp;
    driver_.options.core.live_from = absl::InfinitePast();
    Start();
  }
  // A new process on the same store.
  void Start() {
    driver_.Start(RuleText({.rules = {"{name: idle, kpi: touches, for_each: person, period: day, "
                                      "evaluate: on_close, levels: {yellow: {when: value < 2}}, "
                                      "clear_after: 1}"}}),
                  {"test"});
  }
  // What a restart reads next; the transport's clock is right.
  void Touch(std::string_view time) {
    driver_.Write("crm.activity.completed", "e" + std::to_string(++events_), At(time),
                  R"({"owner_id":"u1"})", At(time));
  }
  void RunAt(std::string_view time) {
    driver_.clock.Set(At(time));
    driver_.Run();
  }
  std::vector<std::string> Told() {
    const auto entries = driver_.engine().outbox().Read(0, 1000, absl::ZeroDuration());
    EXPECT_TRUE(entries.ok()) << entries.status();
    std::vector<std::string> told;
    for (const v1::OutboxEntry& entry : *entries) {
      const v1::Transition& t = entry.transition();
      told.push_back(t.rule() + " " + t.period() + " " + v1::Level_Name(t.to_level()).substr(6));
    }
    return told;
  }

  EngineDriver driver_{At("2026-11-02T10:00")};
  int events_ = 0;
};

TEST_F(ClockStepTest, NoSealIsUndoneOrDoubledAndARestartChangesNothing) {
  Touch("2026-11-02T10:00");
  Start();
  RunAt("2026-11-02T10:01");
  RunAt("2026-11-02T22:00");
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW"));

  testing::internal::CaptureStderr();
  RunAt("2026-11-02T21:00");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("the system clock has stepped back: seals wait until it has caught up"));
  EXPECT_EQ(driver_.metrics().clock_steps_back.value(), 1u);
  EXPECT_EQ(driver_.engine().Now(), At("2026-11-02T22:00"));
  testing::internal::CaptureStderr();
  RunAt("2026-11-02T22:01");  // the moment of the seal once more
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the system clock has caught up"));
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW"));

  Touch("2026-11-02T19:00");  // after the seal, whatever the clock says: a correction
  driver_.clock.Set(At("2026-11-02T18:00"));
  testing::internal::CaptureStderr();
  Start();
  RunAt("2026-11-02T18:00");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("the system clock has stepped back: seals wait until it has caught up"));
  EXPECT_EQ(driver_.metrics().clock_steps_back.value(), 1u);
  EXPECT_EQ(driver_.engine().Now(), At("2026-11-02T22:00"));
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW", "idle 2026-11-02 GREEN"));
  RunAt("2026-11-02T22:02");
  EXPECT_EQ(Told().size(), 2u);

  Touch("2026-11-03T10:00");
  driver_.clock.Set(At("2026-11-03T10:00"));
  Start();
  RunAt("2026-11-03T22:00");
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW", "idle 2026-11-02 GREEN",
                                  "idle 2026-11-03 YELLOW"));
  EXPECT_EQ(driver_.metrics().clock_steps_back.value(), 0u);
}

TEST_F(ClockStepTest, ASourceThatIsReadToItsEndIsNotLateBecauseOfTheClock) {
  Touch("2026-11-02T10:00");
  RunAt("2026-11-02T22:00");  // reads nothing: the source began without the record
  driver_.clock.Set(At("2026-11-02T21:00"));
  Start();
  RunAt("2026-11-02T21:00");  // for the engine it is still ten
  EXPECT_THAT(Told(), ElementsAre("idle 2026-11-02 YELLOW"));
  EXPECT_EQ(driver_.metrics().source_late.With({"crm"}).value(), 0u);
}

}  // namespace
}  // namespace kpiwatch
