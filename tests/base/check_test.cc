#include "daemon/base/check.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

TEST(CheckTest, AHeldConditionDoesNothing) {
  int evaluated = 0;
  KPIWATCH_CHECK(++evaluated == 1, "never");
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, AFailedCheckSaysWhereAndWhyAndAborts) {
  const int answer = 41;
  EXPECT_DEATH(KPIWATCH_CHECK(answer == 42, "wrong answer"),
               "check_test.cc:[0-9]+: check failed: answer == 42: wrong answer");
}

}  // namespace
}  // namespace kpiwatch
