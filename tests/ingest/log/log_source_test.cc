#include "daemon/ingest/log/log_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LogSourceTest : public ::testing::Test {
 protected:
  LogSourceTest() {
    SegmentLogOptions options;
    options.directory = directory_.path();
    options.segment_bytes = 1;  // a segment for every record
    options.retention = absl::ZeroDuration();
    auto log = SegmentLog::Open(options, &clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  void Append(std::initializer_list<std::string_view> values) {
    for (const std::string_view value : values) {
      ASSERT_TRUE(log_->Append(LogRecordKind::kCloudEventJson, {&value, 1}).ok());
      clock_.Advance(absl::Milliseconds(1));
    }
  }
  static std::vector<std::string> Poll(LogSource* source, size_t max = 100) {
    auto batch = source->NewBatch();
    EXPECT_TRUE(source->Poll(max, absl::ZeroDuration(), batch.get()).ok());
    std::vector<std::string> values;
    for (const Record& record : batch->records()) {
      EXPECT_EQ(record.partition, 0u);
      values.push_back(std::to_string(record.offset) + "=" + std::string(record.value));
    }
    return values;
  }
  // What the engine would store of the source now.
  static std::vector<StoredPosition> Stored(const LogSource& source) {
    const PartitionState& state = source.partitions()[0];
    return {{state.id, state.position, state.last}};
  }
  static std::vector<StoredPosition> At(int64_t next) { return {{PartitionId{"", 0}, next}}; }

  TempDirectory directory_;
  ManualClock clock_{absl::FromUnixMillis(1'781'485'923'000)};
  std::unique_ptr<SegmentLog> log_;
};

TEST_F(LogSourceTest, DeliversFromTheStoredPosition) {
  Append({"a", "b", "c"});
  LogSource source("local", log_.get());
  EXPECT_FALSE(source.ready());
  ASSERT_TRUE(source.Start(At(1)).ok());
  EXPECT_TRUE(source.ready());
  EXPECT_EQ(source.partitions()[0].first_seen_end, 3);
  EXPECT_THAT(Poll(&source), ElementsAre("1=b", "2=c"));
  EXPECT_THAT(Poll(&source), ElementsAre());
  Append({"d"});
  EXPECT_THAT(Poll(&source), ElementsAre("3=d"));
  EXPECT_EQ(source.partitions()[0].position, 4);
  EXPECT_EQ(source.partitions()[0].end, 4);
  EXPECT_EQ(source.partitions()[0].first_seen_end, 3);
}

TEST_F(LogSourceTest, StartsAtTheBeginningWithoutAPosition) {
  Append({"a", "b"});
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start({}).ok());
  EXPECT_THAT(Poll(&source, 1), ElementsAre("0=a"));
  EXPECT_THAT(Poll(&source, 1), ElementsAre("1=b"));
}

TEST_F(LogSourceTest, CarriesTheTimeOfAppendingAndTheContentType) {
  Append({"a"});
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start({}).ok());
  auto batch = source.NewBatch();
  ASSERT_TRUE(source.Poll(10, absl::ZeroDuration(), batch.get()).ok());
  EXPECT_EQ(batch->records()[0].timestamp_ms, 1'781'485'923'000);
  std::vector<Header> headers;
  batch->ReadHeaders(batch->records()[0], &headers);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].value, "application/cloudevents+json");
}

TEST_F(LogSourceTest, StopsLoudlyWhenTheLogIsShorterThanItsPosition) {
  Append({"a"});
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start(At(5)).ok());
  EXPECT_TRUE(source.partitions()[0].failed);
  EXPECT_FALSE(source.ready());
  EXPECT_THAT(source.partitions()[0].error, HasSubstr("position 5"));
  EXPECT_FALSE(source.health().ok());
  EXPECT_THAT(Poll(&source), ElementsAre());
}

TEST_F(LogSourceTest, StopsLoudlyWhenTheLogBeginsBehindItsPosition) {
  Append({"a", "b", "c"});
  log_->Consumed(2);
  ASSERT_EQ(log_->begin(), 2);
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start(At(1)).ok());
  EXPECT_TRUE(source.partitions()[0].failed);
}

TEST_F(LogSourceTest, StopsLoudlyOverAnotherLogWhateverItsLength) {
  Append({"a", "b", "c"});
  LogSource first("local", log_.get());
  ASSERT_TRUE(first.Start({}).ok());
  EXPECT_THAT(Poll(&first), ElementsAre("0=a", "1=b", "2=c"));
  const std::vector<StoredPosition> stored = Stored(first);
  clock_.Advance(absl::Minutes(1));
  const TempDirectory elsewhere;
  SegmentLogOptions options;
  options.directory = elsewhere.path();
  log_ = *SegmentLog::Open(options, &clock_);
  Append({"d", "e", "f", "g"});
  LogSource second("local", log_.get());
  ASSERT_TRUE(second.Start(stored).ok());
  EXPECT_TRUE(second.partitions()[0].failed);
  EXPECT_THAT(second.partitions()[0].error, HasSubstr("record 2 of the log is not the one"));
  EXPECT_THAT(second.partitions()[0].error, HasSubstr("another name"));
  EXPECT_EQ(Stored(second)[0].next_offset, 3) << "never reset";
  EXPECT_EQ(Stored(second)[0].last, stored[0].last) << "and recognised at the next start too";
  EXPECT_THAT(Poll(&second), ElementsAre());
}

TEST_F(LogSourceTest, GoesOnInTheLogThatItReadBefore) {
  Append({"a", "b", "c"});
  std::vector<StoredPosition> stored;
  {
    LogSource source("local", log_.get());
    ASSERT_TRUE(source.Start({}).ok());
    EXPECT_THAT(Poll(&source, 2), ElementsAre("0=a", "1=b"));
    stored = Stored(source);
  }
  LogSource again("local", log_.get());
  ASSERT_TRUE(again.Start(stored).ok());
  EXPECT_EQ(Stored(again)[0].last, stored[0].last) << "kept where nothing comes";
  EXPECT_THAT(Poll(&again), ElementsAre("2=c"));
  again.Committed(Stored(again));
  ASSERT_EQ(log_->begin(), 2) << "retention has taken what stood before";
  LogSource without_evidence("local", log_.get());
  ASSERT_TRUE(without_evidence.Start(stored).ok());
  EXPECT_FALSE(without_evidence.partitions()[0].failed);
}

TEST_F(LogSourceTest, ALogThatNobodyReadsTakesNoRecords) {
  Append({"a"});
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start(At(5)).ok());
  const std::string_view value = "b";
  const auto refused = log_->Append(LogRecordKind::kCloudEventJson, {&value, 1});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("position 5 is not in the log"));
  EXPECT_EQ(log_->end(), 1);
}

TEST_F(LogSourceTest, LetsRetentionTakeWhatIsCommitted) {
  Append({"a", "b", "c"});
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start({}).ok());
  EXPECT_THAT(Poll(&source), ElementsAre("0=a", "1=b", "2=c"));
  EXPECT_EQ(log_->begin(), 0) << "read is not consumed";
  source.Committed(At(2));
  EXPECT_EQ(log_->begin(), 2);
}

TEST_F(LogSourceTest, IsWokenByAnAppendAndByWake) {
  LogSource source("local", log_.get());
  ASSERT_TRUE(source.Start({}).ok());
  auto batch = source.NewBatch();
  source.Wake();  // before the wait: not lost
  ASSERT_TRUE(source.Poll(1, absl::InfiniteDuration(), batch.get()).ok());
  EXPECT_TRUE(batch->records().empty());
  std::jthread writer([&] { Append({"a"}); });
  ASSERT_TRUE(source.Poll(1, absl::InfiniteDuration(), batch.get()).ok());
  EXPECT_EQ(batch->records().size(), 1u);
}

}  // namespace
}  // namespace kpiwatch
