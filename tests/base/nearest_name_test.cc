#include "daemon/base/nearest_name.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>
#include <vector>

namespace kpiwatch {
namespace {

TEST(EditDistanceTest, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", "", 9), 0u);
  EXPECT_EQ(EditDistance("abc", "", 9), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 9), 3u);
  EXPECT_EQ(EditDistance("target", "tagret", 9), 1u);
  EXPECT_EQ(EditDistance("ab", "abc", 9), 1u);
}

TEST(EditDistanceTest, GivesUpBeyondItsLimit) {
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(EditDistance("a", "abcdefgh", 3), 4u);
}

TEST(NearestNameTest, FindsTheNameThatWasMeant) {
  const std::vector<std::string> names = {"calendars", "customer_touches", "customer_calls"};
  EXPECT_EQ(NearestName("custmer_touches", names), "customer_touches");
  EXPECT_EQ(NearestName("calender", names), "calendars");
  EXPECT_EQ(NearestName("customer_calls", names), "customer_calls");
}

TEST(NearestNameTest, StaysSilentWhenNothingIsNear) {
  const std::vector<std::string> names = {"calendars", "kpis"};
  EXPECT_EQ(NearestName("playbooks", names), std::nullopt);
  EXPECT_EQ(NearestName("", names), std::nullopt);
  EXPECT_EQ(NearestName("k", names), std::nullopt);
  EXPECT_EQ(NearestName(std::string(129, 'x'), {std::string_view("x")}), std::nullopt);
  EXPECT_EQ(NearestName("kpis", std::vector<std::string>()), std::nullopt);
}

TEST(NearestNameTest, TakesTheNearestAndTheFirstOfSeveral) {
  EXPECT_EQ(NearestName("unit", {"units", "unif", "unit"}), "unit");
  EXPECT_EQ(NearestName("unit", {"units", "unif"}), "units");
}

TEST(NearestNameTest, ReadsAnyRangeOfText) {
  const std::set<std::string> set = {"grace"};
  const std::string_view array[] = {"grace"};
  EXPECT_EQ(NearestName("grase", set), "grace");
  EXPECT_EQ(NearestName("grase", std::span<const std::string_view>(array)), "grace");
}

}  // namespace
}  // namespace kpiwatch
