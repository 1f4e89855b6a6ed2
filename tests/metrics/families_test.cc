#include "daemon/metrics/families.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

TEST(FamiliesTest, LeavesOutEmptyLabels) {
  prometheus::MetricFamily family = MakeFamily("x", prometheus::MetricType::Gauge, "help");
  AddSample(&family, {{"unit", "east"}, {"person", ""}}, 2);
  ASSERT_EQ(family.metric.size(), 1);
  ASSERT_EQ(family.metric[0].label.size(), 1);
  EXPECT_EQ(family.metric[0].label[0].name, "unit");
  EXPECT_EQ(family.metric[0].gauge.value, 2);
}

}  // namespace
}  // namespace kpiwatch
