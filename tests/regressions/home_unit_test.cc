// A person known from a target alone, in a company without an org file, lost the unit that his
// facts name (D-19): they counted for the company only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"
#include "tests/testing/rule_text.h"

namespace kpiwatch {
namespace {

TEST(HomeUnitTest, APersonWithATargetBelongsToTheUnitHisFactsName) {
  CoreDriver driver(
      RuleText({.targets = {"{kpi: touches, person: u1, period: 2026-11, target: 5}"}}));
  driver.Send("crm.activity.completed", "t1", At("2026-11-02T10:00"),
              R"({"owner_id":"u1","owner_unit":"east"})");
  driver.Step();
  driver.Restart();
  Core& core = driver.core();
  const auto east = core.subjects().FindByName("unit:east");
  ASSERT_TRUE(east.has_value());
  const Period day{PeriodKind::kDay, *Day::Parse("2026-11-02"), *Day::Parse("2026-11-03")};
  const auto value = core.ReadValue(*core.rulebook().FindKpi("touches"), *east, day);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->reading.value, Decimal::FromInt(1));
}

}  // namespace
}  // namespace kpiwatch
