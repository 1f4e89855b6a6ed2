#include "daemon/engine/unknown_owners.h"

#include <gtest/gtest.h>

#include "daemon/store/memory_state_store.h"

namespace kpiwatch {
namespace {

using Days = UnknownOwners::Days;

TEST(UnknownOwnersTest, DaysJoin) {
  Days days;
  for (const int32_t day : {5, 3, 9, 4, 10}) {
    EXPECT_TRUE(days.Add(Day{day})) << day;
  }
  EXPECT_FALSE(days.Add(Day{4}));
  for (const int32_t day : {3, 4, 5, 9, 10}) {
    EXPECT_TRUE(days.Contains(Day{day})) << day;
  }
  for (const int32_t day : {2, 6, 8, 11}) {
    EXPECT_FALSE(days.Contains(Day{day})) << day;
  }
  EXPECT_EQ(days.begin(), Day{3});
  EXPECT_EQ(days.end(), Day{11});
  EXPECT_EQ(days.Encode().size(), 5U) << "two ranges";
}

TEST(UnknownOwnersTest, DaysComeBackFromTheStore) {
  Days days;
  days.Add(Day{-3});
  days.Add(Day{20'000});
  const Days back = Days::Decode(days.Encode());
  EXPECT_TRUE(back.Contains(Day{-3}));
  EXPECT_TRUE(back.Contains(Day{20'000}));
  EXPECT_FALSE(back.Contains(Day{0}));
  EXPECT_TRUE(Days::Decode(Days().Encode()).empty());
  EXPECT_TRUE(Days::Decode("").Contains(Day{0})) << "an older program kept no days";
}

TEST(UnknownOwnersTest, OneIsToldOfOnceUntilAllIsGiven) {
  UnknownOwners owners;
  WriteBatch names;
  owners.Add("u1", Day{7}, true, &names);
  owners.Add("u1", Day{8}, true, &names);
  EXPECT_EQ(owners.Take().size(), 1U);
  owners.Add("u1", Day{9}, false, &names);
  EXPECT_TRUE(owners.Take().empty());
  EXPECT_FALSE(owners.Knows("u1", Day{9})) << "a part of that day is his unit's";
  MemoryStateStore store;
  ASSERT_TRUE(store.Write(names).ok());
  UnknownOwners restored;
  ASSERT_TRUE(restored.Restore(store).ok());
  EXPECT_TRUE(restored.Knows("u1", Day{8}));
  restored.Settle("u1", {}, &names);
  EXPECT_TRUE(restored.waiting().empty());
  restored.Add("u1", Day{7}, true, &names);
  EXPECT_EQ(restored.Take().size(), 1U);
}

TEST(UnknownOwnersTest, HasRoomForSoManyRanges) {
  Days days;
  for (size_t i = 0; i < UnknownOwners::kMostRanges; ++i) {
    EXPECT_TRUE(days.Add(Day{static_cast<int32_t>(2 * i)}));
  }
  EXPECT_FALSE(days.Add(Day{-2}));
  EXPECT_TRUE(days.Add(Day{-1})) << "it joins one";
}

}  // namespace
}  // namespace kpiwatch
