// A fire that may not be sent is told as soon as one may be, as what it was, and its end is not
// told before (S-18, D-07).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/engine/told.h"
#include "tests/engine/told_rules.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// u102 is at 60 % in W46 until an order is taken back, two weeks of work later.
class RetroactiveTest : public ::testing::Test {
 protected:
  void FireRetroactively() {
    driver_.Order("u102", At("2026-11-11T10:00"), "75");
    driver_.Heartbeat(At("2026-11-16T00:00"));
    driver_.Step();
    EXPECT_THAT(Log(driver_), IsEmpty());
    driver_.Heartbeat(At("2026-11-19T00:00"));
    driver_.Step();
    driver_.Order("u102", At("2026-11-12T10:00"), "-65");
    driver_.Step();
    EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 green>red RESTATED retroactive"));
    EXPECT_EQ(driver_.transitions()[0].tasks_size(), 0) << "nothing is opened that nobody hears of";
    driver_.Forget();
  }

  CoreDriver driver_{kToldRules};
};

TEST_F(RetroactiveTest, NobodyIsToldTheEndOfAFireThatWasNotSent) {
  FireRetroactively();
  driver_.Order("u102", At("2026-11-19T10:00"), "80");
  driver_.Heartbeat(At("2026-11-23T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W47 red>green THRESHOLD never_told"));
  EXPECT_THAT(Notified(driver_.transitions()[0]), IsEmpty());
}

TEST_F(RetroactiveTest, WhatStillStandsAtTheNextSealIsToldThenAlsoAcrossARestart) {
  FireRetroactively();
  driver_.Restart();
  driver_.Order("u102", At("2026-11-19T10:00"), "10");
  driver_.Heartbeat(At("2026-11-23T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W47 green>red THRESHOLD"));
  EXPECT_THAT(Notified(driver_.transitions()[0]), ElementsAre("u100"));
  EXPECT_EQ(driver_.transitions()[0].tasks_size(), 1);
  const int64_t began = driver_.transitions()[0].at_unix_ms();
  EXPECT_EQ(driver_.transitions()[0].active_since_unix_ms(), began);
  driver_.Forget();
  driver_.Order("u102", At("2026-11-26T10:00"), "80");
  driver_.Heartbeat(At("2026-11-30T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W48 red>green THRESHOLD"));
  EXPECT_THAT(Notified(driver_.transitions()[0]), ElementsAre("u100"));
  EXPECT_EQ(driver_.transitions()[0].active_since_unix_ms(), began);
}

TEST_F(RetroactiveTest, WhatIsToldAtTheNextSealIsWhatFired) {
  FireRetroactively();
  driver_.Order("u102", At("2026-11-19T10:00"), "42");  // stays red, and would not make it so
  driver_.Heartbeat(At("2026-11-23T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 green>red THRESHOLD"));
  const v1::Transition& told = driver_.transitions()[0];
  EXPECT_EQ(told.value(), "10");
  EXPECT_EQ(told.target(), "100");
  EXPECT_EQ(told.completion(), "0.100000");
  ASSERT_EQ(told.counted_size(), 1);
  EXPECT_EQ(told.counted(0).period(), "2026-W46");
  EXPECT_EQ(told.tasks_size(), 1);
  EXPECT_EQ(absl::FromUnixMillis(told.at_unix_ms()), At("2026-11-23T00:00"));
}

TEST_F(RetroactiveTest, ACorrectionThatTakesItBackIsNotToldEither) {
  FireRetroactively();
  driver_.Order("u102", At("2026-11-12T11:00"), "65");
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 red>green RESTATED never_told"));
}

TEST_F(RetroactiveTest, ARemovedRuleDoesNotTellItsEnd) {
  FireRetroactively();
  driver_.Reload(Edited("name: week", "name: weak"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 red>green RULE_REMOVED never_told",
                                        "2026-W46 green>red THRESHOLD retroactive"))
      << "the rule of the other name finds it too";
}

TEST(BeforeLiveTest, WhatStillStandsInTheFirstLivePeriodIsTold) {
  CoreDriver driver(kToldRules, {.clock_by_events = false, .live_from = At("2026-11-18T00:00")});
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step(At("2026-11-18T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>red THRESHOLD before_live"));
  driver.Forget();
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W47 green>red THRESHOLD"));
  EXPECT_THAT(Notified(driver.transitions()[0]), ElementsAre("u100"));
}

TEST(BeforeLiveTest, WhatEndedBeforeItWasToldIsNotTold) {
  CoreDriver driver(kToldRules, {.clock_by_events = false, .live_from = At("2026-11-18T00:00")});
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Order("u102", At("2026-11-18T10:00"), "90");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>red THRESHOLD before_live",
                                       "2026-W47 red>green THRESHOLD never_told"));
}

TEST(BeforeLiveTest, ThePeriodThatFiredIsToldAndNotAMetOne) {
  CoreDriver driver(Edited(", clear: completion >= 45%", ""),
                    {.clock_by_events = false, .live_from = At("2026-11-18T00:00")});
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Order("u102", At("2026-11-18T10:00"), "120");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>red THRESHOLD before_live",
                                       "2026-W46 green>red THRESHOLD"));
  const v1::Transition& told = driver.transitions()[1];
  EXPECT_EQ(told.value(), "10");
  ASSERT_EQ(told.counted_size(), 1);
  EXPECT_FALSE(told.counted(0).met());
}

TEST(EditedRuleTest, ThePeriodThatFiresIsToldAndNotALaterOne) {
  const auto yellow = [](std::string_view line) {
    return Edited("when: completion < 70%, clear: completion >= 70%",
                  "when: completion < " + std::string(line) + ", clear: completion >= 90%");
  };
  CoreDriver driver(yellow("5%"));
  driver.Order("u102", At("2026-11-11T10:00"), "60");
  driver.Order("u102", At("2026-11-18T10:00"), "72");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  EXPECT_THAT(Log(driver), IsEmpty());
  driver.Reload(yellow("70%"));
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>yellow RULE_CHANGED"));
  EXPECT_EQ(driver.transitions()[0].value(), "60");
}

// A correction lets the gravest of what was held back go, and what is left of it may be told.
TEST(RetroactiveDayTest, ACorrectionTellsOfTheDayThatFired) {
  CoreDriver driver(Edited(R"(    where: person.level == "junior"
    period: week
    evaluate: on_close
    levels:
      yellow: {when: completion < 70%, clear: completion >= 70%, notify: [owner], via: [email]}
      red: {when: completion < 40%, clear: completion >= 45%, notify)",
                           R"(    where: person.level == "junior"
    period: day
    evaluate: on_close
    levels:
      yellow: {when: value < 2 CNY, clear: value >= 5 CNY, notify: [owner], via: [email]}
      red: {when: value < 1 CNY, clear: value >= 3 CNY, notify)"));
  for (const char* day : {"09", "10", "11", "12"}) {
    const std::string date = "2026-11-" + std::string(day);
    driver.Order("u102", At(date + "T10:00"), "2");
    driver.Heartbeat(At(date + "T23:00"));
    driver.Step();
  }
  driver.Order("u102", At("2026-11-09T11:00"), "-2");
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-11-09 green>red RESTATED retroactive"));
  driver.Order("u102", At("2026-11-12T11:00"), "2");
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-11-09 green>red RESTATED retroactive",
                                       "2026-11-09 green>yellow RESTATED"));
  EXPECT_EQ(driver.transitions()[1].value(), "0");
}

}  // namespace
}  // namespace kpiwatch
