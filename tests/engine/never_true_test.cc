// Which ends by a correction take an alert back: those of alerts that never were true (S-18).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/core_rules.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

class NeverTrueTest : public testing::Test {
 protected:
  void Seal(const std::string& until) {
    driver_.Heartbeat(At(until));
    driver_.Step();
  }
  // A yellow of the second and third of November, on the two of which nothing was done.
  void FireYellow() {
    Seal("2026-11-01T23:00");
    driver_.Touch("u102", At("2026-11-04T10:00"), 2);
    Seal("2026-11-03T23:00");
    ASSERT_THAT(driver_.log(),
                ElementsAre("slipping person:u102 2026-11-03 green>yellow THRESHOLD"));
  }

  CoreDriver driver_{kRules};
};

TEST_F(NeverTrueTest, AWeekThatFiredAndStandsIsNotTakenBackWithALaterOne) {
  driver_.Order("u103", At("2026-11-11T10:00"), "38");
  driver_.Order("u103", At("2026-11-18T10:00"), "44");
  Seal("2026-11-23T00:00");
  ASSERT_THAT(driver_.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD"));
  driver_.Order("u103", At("2026-11-19T10:00"), "2");
  driver_.Step();
  ASSERT_EQ(driver_.log().back(), "week person:u103 2026-W47 red>green RESTATED");
  EXPECT_FALSE(driver_.transitions().back().never_true()) << "38 % is what it was";
}

TEST_F(NeverTrueTest, DaysThatFiredAndStandAreNotTakenBackWithALaterOne) {
  FireYellow();
  Seal("2026-11-06T23:00");
  driver_.Touch("u102", At("2026-11-06T10:00"), 2);
  driver_.Step();
  ASSERT_EQ(driver_.log().back(), "slipping person:u102 2026-11-06 yellow>green RESTATED");
  EXPECT_FALSE(driver_.transitions().back().never_true());
}

TEST_F(NeverTrueTest, AStreakThatLosesItsFirstDayNeverWasOne) {
  FireYellow();
  driver_.Touch("u102", At("2026-11-02T10:00"), 2);
  driver_.Step();
  ASSERT_THAT(driver_.log().back(), EndsWith("yellow>green RESTATED"));
  EXPECT_TRUE(driver_.transitions().back().never_true());
}

TEST_F(NeverTrueTest, WhatALaterPeriodFiredByTheCorrectedDataWasTrue) {
  driver_.Order("u103", At("2026-11-11T10:00"), "38");
  driver_.Order("u103", At("2026-11-18T10:00"), "30");
  driver_.Order("u103", At("2026-11-25T10:00"), "44");
  Seal("2026-11-30T00:00");
  ASSERT_THAT(driver_.log(), ElementsAre("week person:u103 2026-W46 green>red THRESHOLD"));
  driver_.Order("u103", At("2026-11-12T10:00"), "20");
  driver_.Order("u103", At("2026-11-26T10:00"), "2");
  driver_.Step();
  ASSERT_THAT(driver_.log().back(), EndsWith("red>green RESTATED"));
  EXPECT_FALSE(driver_.transitions().back().never_true()) << "30 % was red";
}

}  // namespace
}  // namespace kpiwatch
