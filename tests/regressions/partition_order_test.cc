// A source's higher partitions may be read first; the lower ones had no room for their heartbeats'
// promises then, and the first fact of one of them crashed the daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

TEST(PartitionOrderTest, TheLastPartitionMayBeReadFirst) {
  CoreDriver driver(RuleText({}), {.partitions = 3});
  driver.Touch("u1", At("2026-11-02T10:00"), 1, 2);
  driver.Step();
  driver.Touch("u1", At("2026-11-02T11:00"), 1, 0);
  driver.Touch("u1", At("2026-11-02T12:00"), 1, 1);
  driver.Step();
  Core& core = driver.core();
  const Period day{PeriodKind::kDay, *Day::Parse("2026-11-02"), *Day::Parse("2026-11-03")};
  const auto value = core.ReadValue(*core.rulebook().FindKpi("touches"),
                                    *core.subjects().FindByName("person:u1"), day);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->reading.value, Decimal::FromInt(3));
}

}  // namespace
}  // namespace kpiwatch
