#include "daemon/model/event.h"

#include <gtest/gtest.h>

#include "fmt/format.h"

namespace kpiwatch {
namespace {

TEST(FieldPlanTest, TheSamePathHasOneId) {
  FieldPlan plan;
  const FieldId owner = plan.Add("data.owner_id");
  const FieldId amount = plan.Add("data.amount");
  EXPECT_NE(owner, amount);
  EXPECT_EQ(plan.Add("data.owner_id"), owner);
  ASSERT_EQ(plan.size(), 2u);
  EXPECT_EQ(plan.paths()[owner.value()], "data.owner_id");
  EXPECT_EQ(plan.paths()[amount.value()], "data.amount");
}

TEST(FieldPlanDeathTest, HasAStatedLimit) {
  FieldPlan plan;
  for (size_t i = 0; i < FieldPlan::kMaxFields; ++i) {
    plan.Add(fmt::format("data.f{}", i));
  }
  EXPECT_EQ(plan.Add("data.f0"), FieldId(0));
  EXPECT_DEATH(plan.Add("data.more"), "too many field paths");
}

TEST(EventTest, TimesAreAbsentUntilSet) {
  const Event event;
  EXPECT_EQ(event.time_ms, kNoTime);
  EXPECT_EQ(event.recorded_ms, kNoTime);
  EXPECT_EQ(event.sequence, -1);
}

}  // namespace
}  // namespace kpiwatch
