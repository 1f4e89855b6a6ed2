// What the log does at its limits: how much it holds, how long, and how much may wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/ingest/log/segment_log.h"
#include "fmt/format.h"
#include "tests/ingest/log/segment_log_fixture.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SegmentLogSpaceTest : public SegmentLogTest {};

TEST_F(SegmentLogSpaceTest, RefusesWhenFullOfUnconsumedRecords) {
  options_.max_bytes = 2000;  // segments of 250 bytes
  auto log = Open();
  const std::string value(100, 'x');
  int64_t taken = 0;
  absl::Status status;
  for (; status.ok(); ++taken) {
    status = Append(log.get(), {value}).status();
    ASSERT_LT(taken, 100);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LE(log->bytes(), 2000);
  EXPECT_EQ(log->begin(), 0);
  // Consumption makes room, and nothing beyond it goes.
  log->Consumed(5);
  EXPECT_TRUE(Append(log.get(), {value}).ok());
  EXPECT_GT(log->begin(), 0);
  EXPECT_LE(log->begin(), 5);
  EXPECT_LE(log->bytes(), 2000);
}

TEST_F(SegmentLogSpaceTest, TakesWhatFitsOnceEverythingIsConsumed) {
  options_.max_bytes = 2000;
  auto log = Open();
  const std::string more_than_half(1100, 'x');
  for (int64_t i = 0; i < 5; ++i) {
    ASSERT_EQ(*Append(log.get(), {more_than_half}), i);
    EXPECT_EQ(Append(log.get(), {more_than_half}).status().code(),
              absl::StatusCode::kResourceExhausted)
        << "what is not consumed stays";
    EXPECT_LE(log->bytes(), 2000);
    EXPECT_EQ(ReadAll(*log, i).size(), 1u);
    log->Consumed(i + 1);
  }
  log.reset();
  log = Open();
  EXPECT_EQ(log->end(), 5);
  EXPECT_EQ(ReadAll(*log, 4).size(), 1u);
}

TEST_F(SegmentLogSpaceTest, TellsWhatCanNeverFitFromALogThatIsFull) {
  options_.max_bytes = 2000;
  auto log = Open();
  EXPECT_EQ(Append(log.get(), {std::string(2000, 'x')}).status().code(),
            absl::StatusCode::kOutOfRange);
  const std::string largest(2000 - kSegmentHeaderBytes - kLogRecordHeaderBytes, 'x');
  EXPECT_TRUE(Append(log.get(), {largest}).ok());
  log->Consumed(1);
  EXPECT_TRUE(Append(log.get(), {largest}).ok());
  EXPECT_EQ(log->bytes(), 2000);
}

TEST_F(SegmentLogSpaceTest, DropsOldSegmentsOnceTheyAreConsumed) {
  options_.segment_bytes = 1;
  options_.retention = absl::Hours(1);
  auto log = Open();
  for (const char* value : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(Append(log.get(), {value}).ok());
    clock_.Advance(absl::Minutes(20));
  }
  log->Consumed(0);
  EXPECT_EQ(log->begin(), 0) << "old, but not consumed";
  log->Consumed(4);
  EXPECT_EQ(log->begin(), 1) << "only the first is older than an hour";
  clock_.Advance(absl::Hours(10));
  log->Consumed(4);
  EXPECT_EQ(log->begin(), 3) << "the active segment stays";
  EXPECT_EQ(Segments().size(), 1u);
  EXPECT_EQ(log->metrics().segments_removed.value(), 3u);
  log.reset();
  log = Open();
  EXPECT_EQ(log->begin(), 3);
  EXPECT_THAT(ReadAll(*log, 3), ElementsAre("d"));
}

TEST_F(SegmentLogSpaceTest, KnowsTheAgeOfSegmentsFromBefore) {
  options_.segment_bytes = 1;
  options_.retention = absl::Hours(1);
  {
    auto log = Open();
    for (const char* value : {"a", "b", "c"}) {
      ASSERT_TRUE(Append(log.get(), {value}).ok());
      clock_.Advance(absl::Minutes(40));
    }
  }
  auto log = Open();
  log->Consumed(3);
  // The first is surely older than the second's 80 minutes; the second may be as young as the
  // third.
  EXPECT_EQ(log->begin(), 1);
}

TEST_F(SegmentLogSpaceTest, BoundsWhatWaitsForTheDisk) {
  options_.max_waiting_bytes = 1000;
  auto log = Open();
  EXPECT_EQ(Append(log.get(), {std::string(2000, 'x')}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Append(log.get(), {std::string(500, 'x')}).ok());
}

}  // namespace
}  // namespace kpiwatch
