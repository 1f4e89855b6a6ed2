#include "daemon/rulebook/label_name.h"

#include "gtest/gtest.h"

namespace kpiwatch {
namespace {

TEST(LabelNameTest, TurnsNamesThatPeopleChoseIntoLabelNames) {
  EXPECT_EQ(LabelName("team"), "team");
  EXPECT_EQ(LabelName("team-name.x"), "team_name_x");
  EXPECT_EQ(LabelName("1st"), "_1st");
  EXPECT_EQ(LabelName(""), "_");
  EXPECT_EQ(LabelName("__name__"), "label__name__");
}

}  // namespace
}  // namespace kpiwatch
