#include "daemon/model/level.h"

#include <gtest/gtest.h>

namespace kpiwatch {
namespace {

TEST(LevelTest, NamesReadBack) {
  for (const Level level : {Level::kGreen, Level::kYellow, Level::kOrange, Level::kRed}) {
    EXPECT_EQ(ParseLevel(LevelName(level)), level);
  }
  EXPECT_EQ(LevelName(Level::kOrange), "orange");
  EXPECT_EQ(ParseLevel("purple"), std::nullopt);
  EXPECT_EQ(ParseLevel("Red"), std::nullopt);
  EXPECT_LT(Level::kGreen, Level::kRed);
}

}  // namespace
}  // namespace kpiwatch
