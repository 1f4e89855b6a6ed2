#include "daemon/engine/decision_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'790'000'000);

absl::Time At(double seconds) { return kStart + absl::Seconds(seconds); }

class DecisionTimesTest : public testing::Test {
 protected:
  DecisionTimesTest() { EXPECT_TRUE(times_.Restore(store_, 0, kStart).ok()); }
  // What the engine does with its next step; true when there was something to write.
  bool Write(uint64_t first_waiting, absl::Time now) {
    WriteBatch batch;
    times_.AddChanges(first_waiting, now, &batch);
    EXPECT_TRUE(store_.Write(batch).ok());
    return !batch.empty();
  }
  // A new process.
  void Restart(uint64_t last, absl::Time now) {
    times_ = DecisionTimes();
    EXPECT_TRUE(times_.Restore(store_, last, now).ok());
  }

  MemoryStore store_;
  DecisionTimes times_;
};

TEST_F(DecisionTimesTest, AnEntryIsAsOldAsItsDecision) {
  times_.Note(1, 5, At(0));
  times_.Note(6, 6, At(10));
  EXPECT_EQ(times_.Of(1), At(0));
  EXPECT_EQ(times_.Of(5), At(0));
  EXPECT_EQ(times_.Of(6), At(10));
}

TEST_F(DecisionTimesTest, WhatIsDoneIsForgottenAndWhatWaitsIsNot) {
  times_.Note(1, 5, At(0));
  times_.Note(6, 9, At(10));
  Write(3, At(20));
  EXPECT_EQ(times_.Of(3), At(0));
  Write(6, At(20));
  EXPECT_EQ(times_.marks(), 1u);
  EXPECT_EQ(times_.Of(6), At(10));
  Write(10, At(20));
  EXPECT_EQ(times_.marks(), 0u);
  Restart(9, At(30));
  EXPECT_EQ(times_.marks(), 0u) << "the store has forgotten as well";
}

TEST_F(DecisionTimesTest, WithinASecondTheEarlierDecisionCountsAlsoWhenItsEntriesAreDone) {
  times_.Note(1, 1, At(0));
  times_.Note(2, 2, At(0.5));
  Write(2, At(0.6));
  EXPECT_EQ(times_.Of(2), At(0));
}

TEST_F(DecisionTimesTest, ARestartKnowsWhatHasWaitedForASecond) {
  times_.Note(1, 1, At(0));
  EXPECT_FALSE(Write(1, At(0.9))) << "most is sent by then";
  EXPECT_TRUE(Write(1, At(1)));
  EXPECT_FALSE(Write(1, At(2))) << "once";
  times_.Note(2, 2, At(50));
  Restart(2, At(60));
  EXPECT_EQ(times_.Of(1), At(0));
  EXPECT_EQ(times_.Of(2), At(0));
}

TEST_F(DecisionTimesTest, WhatTheStoreSaysNothingOfCountsFromTheStart) {
  Restart(7, At(60));
  EXPECT_EQ(times_.Of(3), At(60));
}

TEST_F(DecisionTimesTest, ADayOfDecisionsMakesSomeThousandMarks) {
  constexpr int kDay = 86'400;
  for (int second = 0; second < kDay; ++second) {
    times_.Note(second + 1, second + 1, At(second));
  }
  EXPECT_LT(times_.marks(), 6'000u);
  for (const int second : {0, 999, 5'000, kDay - 1}) {
    const absl::Duration early = At(second) - times_.Of(second + 1);
    EXPECT_GE(early, absl::ZeroDuration());
    EXPECT_LE(early, absl::Seconds(1 + second / 1000.0));
  }
}

}  // namespace
}  // namespace kpiwatch
