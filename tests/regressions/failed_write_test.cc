// A write that failed while rules were reloaded was told to whoever asked for the reload, and the
// engine went on until it had something else to write.
#include <gtest/gtest.h>

#include "tests/testing/engine_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

TEST(FailedWriteTest, StopsTheEngineAtOnce) {
  EngineDriver driver(At("2026-11-02T10:00"));
  const std::string rules = RuleText({});
  driver.Start(rules);
  driver.store.FailNextWrite(absl::ResourceExhaustedError("no space left on device"));
  EXPECT_TRUE(absl::IsResourceExhausted(driver.engine().Reload(LoadText(rules), {})));
  EXPECT_TRUE(absl::IsResourceExhausted(driver.engine().RunOnce().status()));
}

}  // namespace
}  // namespace kpiwatch
