// A source asked for one record at a time was asked again and again when it had none, until the
// step's time was over.
#include <gtest/gtest.h>

#include "tests/testing/engine_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

TEST(IdleSourceTest, IsAskedOnceAStepHoweverFewRecordsAPollBrings) {
  EngineDriver driver(At("2026-11-02T10:00"));
  int polls = 0;
  driver.draw = [&polls](int n) {
    polls += n == 1 ? 1 : 0;
    return 0;
  };
  driver.options.poll_records = 1;
  driver.Start(RuleText({}));
  ASSERT_TRUE(driver.engine().RunOnce().ok());
  EXPECT_LE(polls, 10);  // several draws a poll
}

}  // namespace
}  // namespace kpiwatch
