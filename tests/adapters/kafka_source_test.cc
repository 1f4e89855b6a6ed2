#include "daemon/ingest/kafka/kafka_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/adapters/kafka_reader.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(KafkaSourceTest, ReadsEveryPartitionFromItsBeginningWithoutAPosition) {
  const std::string topic = NewTopic(2);
  Produce(topic, {At(0, "a"), At(1, "b"), At(0, "c")});
  Reader reader(broker().address(), {topic});
  ASSERT_TRUE(reader.PollUntilCaughtUp(2));
  std::vector<std::string> seen = reader.seen();
  std::sort(seen.begin(), seen.end());
  EXPECT_THAT(seen, ElementsAre(topic + "/0@0=a", topic + "/0@1=c", topic + "/1@0=b"));
  EXPECT_EQ(reader.Find(topic, 0)->first_seen_end, 2);
  EXPECT_EQ(reader.Find(topic, 1)->first_seen_end, 1);
  EXPECT_TRUE(reader.source().health().ok()) << reader.source().health();
}

TEST_F(KafkaSourceTest, StartsAtTheStoredPositionsAndDeliversNothingBelow) {
  const std::string topic = NewTopic(1);
  Produce(topic, {At(0, "a"), At(0, "b"), At(0, "c")});
  Reader reader(broker().address(), {topic}, {Position(topic, 0, 2)});
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/0@2=c"));
}

TEST_F(KafkaSourceTest, PassesKeysHeadersTimesAndTombstones) {
  const std::string topic = NewTopic(1);
  KafkaRecord with_headers = At(0, "v");
  with_headers.headers = {{"ce_id", "1"}, {"ce_type", "x"}};
  KafkaRecord tombstone = At(0, "");
  tombstone.tombstone = true;
  const absl::Time before = absl::Now() - absl::Minutes(1);
  Produce(topic, {with_headers, tombstone, At(0, "")});

  KafkaSourceOptions options;
  options.brokers = broker().address();
  options.topics = {topic};
  const std::unique_ptr<KafkaSource> source =
      std::move(KafkaSource::Create("crm", options)).value();
  ASSERT_TRUE(source->Start({}).ok());
  const std::unique_ptr<RecordBatch> batch = source->NewBatch();
  const absl::Time deadline = absl::Now() + kPatience;
  while (batch->records().size() < 3 && absl::Now() < deadline) {
    ASSERT_TRUE(source->Poll(10, absl::Milliseconds(100), batch.get()).ok());
  }
  ASSERT_EQ(batch->records().size(), 3U);
  const Record& first = batch->records()[0];
  EXPECT_EQ(first.key, "k");
  EXPECT_FALSE(first.tombstone);
  EXPECT_GT(first.timestamp_ms, absl::ToUnixMillis(before));
  std::vector<Header> headers;
  batch->ReadHeaders(first, &headers);
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers[0].name, "ce_id");
  EXPECT_EQ(headers[1].value, "x");
  EXPECT_TRUE(batch->records()[1].tombstone);
  EXPECT_FALSE(batch->records()[2].tombstone) << "an empty value is none";
  headers.clear();
  batch->ReadHeaders(batch->records()[1], &headers);
  EXPECT_THAT(headers, IsEmpty());
}

TEST_F(KafkaSourceTest, HidesAbortedTransactionsAndStillCatchesUpBehindThem) {
  const std::string topic = NewTopic(1);
  ASSERT_TRUE(broker().ProduceInTransaction(topic, {At(0, "kept")}, /*commit=*/true).ok());
  ASSERT_TRUE(broker().ProduceInTransaction(topic, {At(0, "gone")}, /*commit=*/false).ok());
  Reader reader(broker().address(), {topic});
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/0@0=kept"));
  // Two records and two markers.
  EXPECT_EQ(reader.Find(topic, 0)->position, 4);
}

TEST_F(KafkaSourceTest, APositionBehindTheFirstRecordStopsOnlyItsPartition) {
  const std::string topic = NewTopic(2);
  Produce(topic, Many(0, 10));
  Produce(topic, {At(1, "fine")});
  ASSERT_TRUE(broker().DeleteRecords(topic, 0, 5).ok());
  Reader reader(broker().address(), {topic}, {Position(topic, 0, 3), Position(topic, 1, 0)});
  ASSERT_TRUE(reader.PollUntil([&] {
    const PartitionState* state = reader.Find(topic, 0);
    return state != nullptr && state->failed && !reader.seen().empty();
  }));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/1@0=fine"));
  EXPECT_THAT(reader.Find(topic, 0)->error, HasSubstr("offset 3 is not on the broker"));
  EXPECT_EQ(reader.Find(topic, 0)->position, 3) << "never reset";
  EXPECT_EQ(reader.source().health().code(), absl::StatusCode::kDataLoss);
  Produce(topic, {At(0, "later"), At(1, "goes on")});
  ASSERT_TRUE(reader.PollUntilSeen(2));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/1@0=fine", topic + "/1@1=goes on"));
}

TEST_F(KafkaSourceTest, ATopicThatDoesNotExistKeepsItFromBeingReady) {
  const std::string topic = NewTopic(1);
  const std::string missing = UniqueName("missing");
  Produce(topic, {At(0, "a")});
  testing::internal::CaptureStderr();
  Reader reader(broker().address(), {topic, missing});
  ASSERT_TRUE(reader.PollUntilSeen(1)) << "the other topic is read all the same";
  ASSERT_TRUE(reader.PollUntil(
      [&] { return absl::StrContains(reader.source().health().ToString(), missing); }));
  EXPECT_FALSE(reader.source().ready());
  ASSERT_TRUE(broker().CreateTopic(missing, 1).ok());
  Produce(missing, {At(0, "b")});
  ASSERT_TRUE(reader.PollUntilSeen(2));
  ASSERT_TRUE(reader.PollUntilCaughtUp(2));
  EXPECT_EQ(reader.seen().back(), missing + "/0@0=b");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("a Kafka topic is missing; trying again"));
  EXPECT_THAT(log, Not(HasSubstr("out of reach"))) << "the broker answers";
  EXPECT_EQ(reader.source().outages().value(), 0u);
}

TEST_F(KafkaSourceTest, ReadsPartitionsThatAppearLater) {
  const std::string topic = NewTopic(1);
  Produce(topic, {At(0, "a")});
  Reader reader(broker().address(), {topic}, {}, {}, absl::Milliseconds(200));
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  ASSERT_TRUE(broker().AddPartitions(topic, 3).ok());
  Produce(topic, {At(2, "b")});
  ASSERT_TRUE(reader.PollUntilCaughtUp(3));
  ASSERT_TRUE(reader.PollUntilSeen(2));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/0@0=a", topic + "/2@0=b"));
  EXPECT_EQ(reader.source().partitions()[0].id.partition, 0) << "indices stay";
}

TEST_F(KafkaSourceTest, GoesOnAfterTheBrokerWasKilled) {
  const std::string topic = NewTopic(1);
  Produce(topic, {At(0, "before")});
  Reader reader(broker().address(), {topic});
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  broker().Kill();
  ASSERT_TRUE(reader.PollUntil([&] { return !reader.source().ready(); }));
  EXPECT_EQ(reader.source().health().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(reader.source().health().ToString(), HasSubstr(broker().address()));
  ASSERT_TRUE(broker().Restart().ok());
  Produce(topic, {At(0, "after")});
  ASSERT_TRUE(reader.PollUntilSeen(2));
  ASSERT_TRUE(reader.PollUntil([&] { return reader.source().ready(); }));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/0@0=before", topic + "/0@1=after"));
  EXPECT_TRUE(reader.source().health().ok()) << reader.source().health();
}

// What is on the broker when the ends are asked for is in them; without a broker they stay old.
TEST_F(KafkaSourceTest, SaysHowOldItsEndsAre) {
  const std::string topic = NewTopic(2);
  Reader reader(broker().address(), {topic});
  ASSERT_TRUE(reader.PollUntilCaughtUp(2));
  Produce(topic, Many(1, 10));
  const absl::Time asked = reader.source().AskEnds();
  const auto heard = [&](absl::Time since) {
    return reader.Find(topic, 0)->end_asked >= since && reader.Find(topic, 1)->end_asked >= since;
  };
  ASSERT_TRUE(reader.PollUntil([&] { return heard(asked); }));
  EXPECT_LT(absl::Now() - asked, absl::Seconds(3)) << "at once, not with the next look";
  EXPECT_EQ(reader.Find(topic, 1)->end, 10);
  broker().Kill();
  const absl::Time killed = reader.source().AskEnds();
  ASSERT_TRUE(reader.PollUntil([&] { return !reader.source().ready(); }));
  EXPECT_FALSE(heard(killed));
  ASSERT_TRUE(broker().Restart().ok());
  EXPECT_TRUE(reader.PollUntil([&] { return heard(killed); }));
}

TEST_F(KafkaSourceTest, TellsTheGroupWhatIsDurable) {
  const std::string topic = NewTopic(1);
  Produce(topic, Many(0, 5));
  Reader reader(broker().address(), {topic});
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  reader.source().Committed(std::vector{Position(topic, 0, 3)});
  int64_t committed = -1;
  ASSERT_TRUE(reader.PollUntil([&] {
    committed = broker().CommittedOffset("group-" + topic, topic, 0).value_or(-1);
    return committed >= 0;
  }));
  EXPECT_EQ(committed, 3);
  EXPECT_EQ(reader.source().commit_failures(), 0U);
}

TEST_F(KafkaSourceTest, WakeEndsAPollThatWaits) {
  const std::string topic = NewTopic(1);
  Reader reader(broker().address(), {topic});
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  const std::unique_ptr<RecordBatch> batch = reader.source().NewBatch();
  const absl::Time start = absl::Now();
  std::jthread waker([&] { reader.source().Wake(); });
  ASSERT_TRUE(reader.source().Poll(10, kPatience, batch.get()).ok());
  EXPECT_LT(absl::Now() - start, kPatience / 2);
}

TEST_F(KafkaSourceTest, ReadsABacklogLargerThanItsQueueWithoutPauses) {
  const std::string topic = NewTopic(2);
  Produce(topic, Many(0, 50000));
  Produce(topic, Many(1, 50000));
  // With a queue this small the library alone would fetch about 10,000 records a second.
  Reader reader(broker().address(), {topic}, {},
                {{"queued.min.messages", "2000"}, {"fetch.message.max.bytes", "20000"}});
  const absl::Time start = absl::Now();
  ASSERT_TRUE(reader.PollUntilSeen(100000));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

}  // namespace
}  // namespace kpiwatch
