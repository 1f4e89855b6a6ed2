// What a level grants goes with its fire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/told_rules.h"

namespace kpiwatch {
namespace {

TEST(GrantTest, IsToldByNameAndInWordsAndIsNoTask) {
  const std::string rules =
      Edited("            open: talk}",
             "            grant: {name: senior_assist, title: {zh: 资深同事协助权限, en: Help}}}");
  CoreDriver driver(rules);
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  ASSERT_EQ(driver.transitions().size(), 1U);
  const v1::Transition& fired = driver.transitions()[0];
  EXPECT_EQ(fired.grant(), "senior_assist");
  EXPECT_EQ(fired.grant_title(), "资深同事协助权限");
  EXPECT_EQ(fired.grant_title_en(), "Help");
  EXPECT_EQ(fired.tasks_size(), 0) << "nobody is to do anything";
  driver.Order("u102", At("2026-11-18T10:00"), "90");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  EXPECT_EQ(driver.transitions().back().grant(), "") << "the end grants nothing";
}

TEST(GrantTest, WithoutWordsTheNameSaysIt) {
  CoreDriver driver(Edited("            open: talk}", "            grant: senior_assist}"));
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  ASSERT_EQ(driver.transitions().size(), 1U);
  EXPECT_EQ(driver.transitions()[0].grant(), "senior_assist");
  EXPECT_EQ(driver.transitions()[0].grant_title(), "");
}

}  // namespace
}  // namespace kpiwatch
