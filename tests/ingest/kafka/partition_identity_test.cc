#include "daemon/ingest/kafka/partition_identity.h"

#include <gtest/gtest.h>

#include <optional>

namespace kpiwatch {
namespace {

const PartitionId kId = {.topic = "sales", .partition = 0};

// A partition of which 100 records were read, the last one at time 5000, in two sound looks.
PartitionIdentity Known() {
  PartitionIdentity identity;
  identity.Delivered(kId, {.offset = 99, .timestamp_ms = 5000});
  EXPECT_EQ(identity.Answered(kId, 100, 97), std::nullopt);
  EXPECT_EQ(identity.Answered(kId, 100, 97), std::nullopt);
  return identity;
}

constexpr LastRecord kLast = {.offset = 99, .timestamp_ms = 5000};

TEST(PartitionIdentityTest, APartitionThatGrowsOrLosesItsOldestRecordsIsTheSame) {
  PartitionIdentity identity = Known();
  EXPECT_EQ(identity.Answered(kId, 200, 97), std::nullopt);
  EXPECT_EQ(identity.Answered(kId, 300, 150), std::nullopt) << "retention";
  EXPECT_EQ(identity.Answered(kId, 300, -1), std::nullopt) << "everything was deleted";
}

TEST(PartitionIdentityTest, AnEndThatGoesBackIsDoubtful) {
  PartitionIdentity identity = Known();
  EXPECT_EQ(identity.Answered(kId, 99, -1), kLast);
  EXPECT_EQ(identity.Answered(kId, 99, -1), std::nullopt) << "once";
}

TEST(PartitionIdentityTest, AFirstRecordThatGoesBackIsDoubtfulThoughThePartitionIsLonger) {
  PartitionIdentity identity = Known();
  EXPECT_EQ(identity.MomentToAsk(kId), 5000);
  EXPECT_EQ(identity.Answered(kId, 400, 0), kLast);
}

TEST(PartitionIdentityTest, ItFollowsTheSameMomentWhateverIsReadLater) {
  PartitionIdentity identity = Known();
  identity.Delivered(kId, {.offset = 199, .timestamp_ms = 4000});
  EXPECT_EQ(identity.MomentToAsk(kId), 5000);
  EXPECT_EQ(identity.Answered(kId, 200, 97), std::nullopt);
  EXPECT_EQ(identity.Answered(kId, 200, 96), (LastRecord{.offset = 199, .timestamp_ms = 4000}));
}

TEST(PartitionIdentityTest, AMomentWhoseFirstRecordCannotGoBackIsLeftForALaterOne) {
  PartitionIdentity identity;
  identity.Delivered(kId, {.offset = 0, .timestamp_ms = 1000});
  EXPECT_EQ(identity.Answered(kId, 1, 0), std::nullopt);
  identity.Delivered(kId, {.offset = 9, .timestamp_ms = 2000});
  EXPECT_EQ(identity.MomentToAsk(kId), 2000);
  EXPECT_EQ(identity.Answered(kId, 10, 9), std::nullopt);
  identity.Delivered(kId, {.offset = 19, .timestamp_ms = 3000});
  EXPECT_EQ(identity.MomentToAsk(kId), 2000);
}

TEST(PartitionIdentityTest, WhatWasReadSinceTheLastSoundLookProvesNothing) {
  PartitionIdentity identity = Known();
  identity.Delivered(kId, {.offset = 399, .timestamp_ms = 9000});  // another topic's
  EXPECT_EQ(identity.Answered(kId, 400, 0), kLast);
  EXPECT_EQ(identity.Answered(kId, 400, 0), std::nullopt);
  EXPECT_EQ(identity.Answered(kId, 10, 0), kLast) << "nothing was delivered since";
}

TEST(PartitionIdentityTest, AfterALookThatFailedEveryPartitionIsDoubtful) {
  PartitionIdentity identity = Known();
  identity.Unanswered();
  EXPECT_EQ(identity.Answered(kId, 100, 97), kLast);
  identity.Unanswered(kId);
  EXPECT_EQ(identity.Answered(kId, 100, 97), kLast);
  EXPECT_EQ(identity.Answered(kId, 100, 97), std::nullopt);
}

// Else what is read again would grow while every other look fails.
TEST(PartitionIdentityTest, WhatWasReadUntilItWasRecognisedProvesIt) {
  PartitionIdentity identity = Known();
  identity.Unanswered();
  EXPECT_EQ(identity.Answered(kId, 200, 97), kLast);
  const LastRecord later = {.offset = 199, .timestamp_ms = 6000};
  identity.Recognised(kId, later);
  identity.Unanswered();
  EXPECT_EQ(identity.Answered(kId, 300, 97), later);
}

TEST(PartitionIdentityTest, NothingIsDoubtfulOfAPartitionOfWhichNothingWasRead) {
  PartitionIdentity identity;
  EXPECT_EQ(identity.MomentToAsk(kId), kNoTime);
  EXPECT_EQ(identity.Answered(kId, 100, -1), std::nullopt);
  EXPECT_EQ(identity.Answered(kId, 10, -1), std::nullopt);
}

}  // namespace
}  // namespace kpiwatch
