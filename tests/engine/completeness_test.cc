#include "daemon/engine/completeness.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kpiwatch {
namespace {

absl::Time T(int hour) { return absl::FromUnixSeconds(3600LL * hour); }

class SourceCompletenessTest : public testing::Test {
 protected:
  explicit SourceCompletenessTest(size_t partitions = 2) : partitions_(partitions) {
    options_.complete_by = CompleteBy::kHeartbeat;
    for (size_t p = 0; p < partitions; ++p) {
      partitions_[p].position = 0;
      partitions_[p].end = 10;
    }
    source_.Update(T(0), partitions_);
  }

  // Partition `p` says at `sent` that it is complete until `until`.
  void Scoped(uint32_t p, int until, int sent) { source_.OnHeartbeat(p, true, T(until), T(sent)); }
  // Whether a working day from 0 to 24 is proven, and when; it could seal at 26.
  std::optional<absl::Time> Day(bool working = true) const {
    return source_.CompletedAt(T(0), T(24), T(26), working);
  }
  void ReadTo(int64_t position) {
    for (PartitionState& partition : partitions_) {
      partition.position = position;
    }
  }

  SourceOptions options_;
  SourceCompleteness source_{&options_};
  std::vector<PartitionState> partitions_;
};

TEST_F(SourceCompletenessTest, IsCompleteAsFarAsTheLeastOfItsPartitions) {
  Scoped(0, 30, 31);
  EXPECT_EQ(source_.complete_until(), absl::InfinitePast());
  EXPECT_FALSE(Day().has_value());
  Scoped(1, 20, 21);
  EXPECT_EQ(source_.complete_until(), T(20));
  EXPECT_FALSE(Day().has_value());
  Scoped(1, 24, 25);
  EXPECT_EQ(source_.complete_until(), T(24));
  EXPECT_EQ(Day(), T(31)) << "when the last of them said so";
}

TEST_F(SourceCompletenessTest, ALaterProofOfTheWholeSourceDoesNotMoveTheMoment) {
  Scoped(0, 24, 25);
  Scoped(1, 24, 25);
  source_.OnHeartbeat(0, false, T(100), T(500));
  ReadTo(10);
  source_.Update(T(500), partitions_);
  EXPECT_EQ(Day(), T(25));
}

TEST_F(SourceCompletenessTest, TheFirstHeartbeatPastTheCloseProvesIt) {
  Scoped(0, 24, 27);
  Scoped(0, 48, 51);
  Scoped(1, 23, 24);
  Scoped(1, 25, 28);
  Scoped(1, 49, 52);
  EXPECT_EQ(Day(), T(28));
}

TEST_F(SourceCompletenessTest, AHeartbeatThatGoesBackSaysNothing) {
  Scoped(0, 30, 31);
  Scoped(0, 10, 40);
  Scoped(0, 30, 41);
  Scoped(1, 30, 32);
  EXPECT_EQ(source_.PartitionCompleteUntil(0), T(30));
  EXPECT_EQ(Day(), T(32));
}

TEST_F(SourceCompletenessTest, ANewPartitionIsNotCompleteUntilItSaysSo) {
  Scoped(0, 30, 31);
  Scoped(1, 30, 31);
  ASSERT_TRUE(Day().has_value());
  partitions_.emplace_back();
  source_.Update(T(40), partitions_);
  EXPECT_FALSE(Day().has_value());
  EXPECT_EQ(source_.complete_until(), absl::InfinitePast());
}

TEST_F(SourceCompletenessTest, APartitionPromisesOnlyForItself) {
  Scoped(1, 30, 31);
  EXPECT_EQ(source_.PartitionCompleteUntil(0), absl::InfinitePast());
  EXPECT_EQ(source_.PartitionCompleteUntil(1), T(30));
  EXPECT_EQ(source_.PartitionCompleteUntil(7), absl::InfinitePast());
}

// D-03: the ends of that moment are the cut.
TEST_F(SourceCompletenessTest, AnUnscopedHeartbeatWaitsForEveryPartition) {
  source_.OnHeartbeat(0, false, T(30), T(31));
  source_.Update(T(31), partitions_);
  EXPECT_FALSE(Day().has_value());
  partitions_[0].end = partitions_[1].end = 20;  // what comes later does not matter
  partitions_[0].position = 10;
  source_.Update(T(32), partitions_);
  EXPECT_FALSE(Day().has_value());
  partitions_[1].position = 10;
  source_.Update(T(33), partitions_);
  EXPECT_EQ(Day(), T(31));
  EXPECT_EQ(source_.complete_until(), T(30));
}

// D-03: what was on the broker before the heartbeat is in the ends asked for after it was read.
TEST_F(SourceCompletenessTest, ACutIsOfEndsThatWereAskedForAfterTheHeartbeat) {
  ReadTo(10);
  partitions_[0].end_asked = partitions_[1].end_asked = T(30);
  source_.OnHeartbeat(0, false, T(30), T(31));
  EXPECT_TRUE(source_.WantsEnds());
  source_.EndsAsked(T(31));
  EXPECT_FALSE(source_.WantsEnds());
  source_.Update(T(31), partitions_);
  EXPECT_FALSE(Day().has_value()) << "the ends are older than the heartbeat";
  partitions_[0].end_asked = T(31);
  source_.Update(T(32), partitions_);
  EXPECT_FALSE(Day().has_value()) << "of one partition they still are";
  partitions_[1].end_asked = T(32);
  partitions_[1].end = 20;
  source_.Update(T(32), partitions_, /*all_known=*/false);
  EXPECT_FALSE(Day().has_value()) << "there may be other partitions";
  source_.Update(T(32), partitions_);
  EXPECT_FALSE(Day().has_value());
  partitions_[1].position = 20;
  partitions_[1].end = 30;
  source_.Update(T(33), partitions_);
  EXPECT_EQ(Day(), T(31));
}

TEST_F(SourceCompletenessTest, AHeartbeatThatWaitsForItsCutOutlivesARestart) {
  ReadTo(10);
  partitions_[0].end_asked = partitions_[1].end_asked = T(30);
  source_.OnHeartbeat(0, false, T(30), T(31));
  source_.EndsAsked(T(31));
  std::string bytes;
  source_.Encode(&bytes);
  SourceCompleteness restarted(&options_);
  ASSERT_TRUE(restarted.Decode(bytes));
  restarted.Update(T(40), {}, /*all_known=*/false);
  EXPECT_EQ(restarted.complete_until(), absl::InfinitePast());
  EXPECT_TRUE(restarted.WantsEnds());
  restarted.EndsAsked(T(40));
  restarted.Update(T(40), partitions_);
  EXPECT_EQ(restarted.complete_until(), absl::InfinitePast());
  partitions_[0].end_asked = partitions_[1].end_asked = T(41);
  restarted.Update(T(41), partitions_);
  EXPECT_EQ(restarted.complete_until(), T(30));
}

// While the broker is out of reach after a restart, no partition is known.
TEST_F(SourceCompletenessTest, ProofsOfSomePartitionsAreNotOfAllWhileTheyAreUnknown) {
  source_.OnHeartbeat(0, false, T(20), T(21));
  source_.Update(T(21), partitions_);
  Scoped(0, 30, 31);
  source_.Update(T(31), partitions_);
  std::string bytes;
  source_.Encode(&bytes);
  SourceCompleteness restarted(&options_);
  ASSERT_TRUE(restarted.Decode(bytes));
  restarted.Update(T(40), {}, /*all_known=*/false);
  EXPECT_EQ(restarted.complete_until(), absl::InfinitePast());
  EXPECT_FALSE(restarted.CompletedAt(T(0), T(24), T(26), true).has_value());
  restarted.OnHeartbeat(1, true, T(30), T(41));
  ReadTo(10);
  restarted.Update(T(41), partitions_);
  EXPECT_EQ(restarted.complete_until(), T(30));
}

// The source reads fewer topics than when the cut was taken.
TEST_F(SourceCompletenessTest, ACutOfPartitionsThatAreReadNoMoreIsTakenAnew) {
  source_.OnHeartbeat(0, false, T(30), T(31));
  source_.Update(T(31), partitions_);
  partitions_.pop_back();
  partitions_[0].position = 10;
  source_.Update(T(32), partitions_, /*all_known=*/false);
  EXPECT_EQ(source_.complete_until(), absl::InfinitePast());
  source_.Update(T(33), partitions_);
  EXPECT_EQ(source_.complete_until(), T(30));
}

TEST_F(SourceCompletenessTest, TheCutOutlivesARestart) {
  source_.OnHeartbeat(0, false, T(30), T(31));
  source_.Update(T(31), partitions_);
  Scoped(1, 12, 13);
  source_.late = SourceCompleteness::Late{T(26), 17};
  std::string bytes;
  source_.Encode(&bytes);
  EXPECT_FALSE(source_.changed());
  SourceCompleteness restarted(&options_);
  ASSERT_TRUE(restarted.Decode(bytes));
  EXPECT_EQ(restarted.PartitionCompleteUntil(1), T(12));
  EXPECT_EQ(restarted.PartitionCompleteUntil(0), absl::InfinitePast());
  ASSERT_TRUE(restarted.late.has_value());
  EXPECT_EQ(restarted.late->since, T(26));
  EXPECT_EQ(restarted.late->day, 17);
  ReadTo(10);
  restarted.Update(T(40), partitions_);
  EXPECT_EQ(restarted.CompletedAt(T(0), T(24), T(26), true), T(31));
}

TEST_F(SourceCompletenessTest, DamagedBytesAreRefused) {
  Scoped(0, 30, 31);
  std::string bytes;
  source_.Encode(&bytes);
  for (const std::string& damaged : {bytes.substr(0, bytes.size() - 1), bytes + "x"}) {
    SourceCompleteness restarted(&options_);
    EXPECT_FALSE(restarted.Decode(damaged));
  }
}

TEST_F(SourceCompletenessTest, ADeclaredMomentNeedsNoHeartbeat) {
  source_.Declare(T(24));
  EXPECT_TRUE(Day().has_value());
  EXPECT_EQ(source_.complete_until(), T(24));
}

TEST_F(SourceCompletenessTest, ForgettingKeepsHowFarItIsComplete) {
  Scoped(0, 24, 27);
  Scoped(0, 48, 51);
  Scoped(1, 24, 28);
  source_.Forget(T(40));
  EXPECT_EQ(source_.PartitionCompleteUntil(0), T(48));
  EXPECT_EQ(source_.PartitionCompleteUntil(1), T(24));
  Scoped(1, 48, 52);
  EXPECT_EQ(source_.CompletedAt(T(24), T(48), T(50), true), T(52));
}

// The stated limit: the seal can only become later by it.
TEST_F(SourceCompletenessTest, TooManyHeartbeatsMergeIntoLaterOnes) {
  Scoped(1, 100'000, 1);
  for (int n = 1; n <= static_cast<int>(SourceCompleteness::kMaxPending) + 1; ++n) {
    Scoped(0, n, n);
  }
  EXPECT_EQ(source_.CompletedAt(T(0), T(1), T(0), true), T(2)) << "the first has gone";
  EXPECT_EQ(source_.CompletedAt(T(0), T(3), T(0), true), T(3));
}

class CaughtUpTest : public SourceCompletenessTest {
 protected:
  CaughtUpTest() { options_.complete_by = CompleteBy::kCaughtUp; }
  void CatchUpAt(int hour) {
    ReadTo(10);
    source_.Update(T(hour), partitions_);
  }
};

TEST_F(CaughtUpTest, IsCompleteWhenReadToItsEndAfterTheGrace) {
  source_.OnRecord(T(10));
  CatchUpAt(25);
  EXPECT_FALSE(Day().has_value()) << "before the grace was over";
  CatchUpAt(26);
  EXPECT_EQ(Day(), T(26)) << "at the earliest moment, however late that was found out";
}

// A broker that is down leaves the last end standing: it says nothing of what came since.
TEST_F(CaughtUpTest, AnEndAskedForBeforeTheGraceWasOverProvesNothing) {
  source_.OnRecord(T(10));
  partitions_[0].end_asked = T(26);
  partitions_[1].end_asked = T(25);
  CatchUpAt(30);
  EXPECT_FALSE(Day().has_value());
  partitions_[1].end_asked = T(26);
  CatchUpAt(30);
  EXPECT_TRUE(Day().has_value());
}

TEST_F(CaughtUpTest, ASourceWithUnknownPartitionsIsNotReadToItsEnd) {
  source_.OnRecord(T(10));
  ReadTo(10);
  source_.Update(T(30), partitions_, /*all_known=*/false);
  EXPECT_FALSE(Day().has_value());
}

TEST_F(CaughtUpTest, WaitsForAnAnswerOnlyAShortWhileAndOnlyInTouch) {
  partitions_[1].end_asked = T(25);
  source_.Update(T(26), partitions_);
  EXPECT_TRUE(source_.AwaitsAnswer(T(26), T(26)));
  EXPECT_FALSE(source_.AwaitsAnswer(T(26), T(26) + SourceCompleteness::kAnswerTime));
  EXPECT_FALSE(source_.AwaitsAnswer(T(25), T(26))) << "that much was heard";
  source_.Update(T(26), partitions_, /*all_known=*/false);
  EXPECT_FALSE(source_.AwaitsAnswer(T(26), T(26)));
}

// A day's last record may come minutes before a restart: the first one of each minute is stored.
TEST_F(CaughtUpTest, TheNewestRecordOutlivesARestart) {
  source_.OnRecord(T(-5));
  std::string bytes;
  source_.Encode(&bytes);
  source_.OnRecord(T(10));
  EXPECT_TRUE(source_.changed());
  bytes.clear();
  source_.Encode(&bytes);
  source_.OnRecord(T(10) + absl::Seconds(59));
  EXPECT_FALSE(source_.changed()) << "not for every record";
  SourceCompleteness restarted(&options_);
  ASSERT_TRUE(restarted.Decode(bytes));
  ReadTo(10);
  restarted.Update(T(30), partitions_);
  EXPECT_TRUE(restarted.CompletedAt(T(0), T(24), T(26), true).has_value());
}

// D-02: silent for a whole working day is late, not zero.
TEST_F(CaughtUpTest, ASilentWorkingDayIsNotComplete) {
  source_.OnRecord(T(-5));
  CatchUpAt(30);
  EXPECT_FALSE(Day().has_value());
  EXPECT_TRUE(Day(/*working=*/false).has_value());
  options_.quiet_ok = true;
  EXPECT_TRUE(Day().has_value());
}

TEST_F(CaughtUpTest, ASourceThatNeverDeliveredIsNotComplete) {
  CatchUpAt(30);
  EXPECT_FALSE(Day().has_value());
  EXPECT_FALSE(Day(/*working=*/false).has_value());
}

TEST_F(CaughtUpTest, APartitionThatFailedIsNotReadToItsEnd) {
  source_.OnRecord(T(10));
  partitions_[1].failed = true;
  CatchUpAt(30);
  EXPECT_FALSE(Day().has_value());
}

TEST_F(CaughtUpTest, AnUnknownEndIsNoEnd) {
  source_.OnRecord(T(10));
  partitions_[1].end = -1;
  CatchUpAt(30);
  EXPECT_FALSE(Day().has_value());
}

TEST_F(CaughtUpTest, AHeartbeatServesToo) {
  Scoped(0, 30, 31);
  Scoped(1, 30, 32);
  EXPECT_EQ(Day(), T(32));
}

}  // namespace
}  // namespace kpiwatch
