#include "daemon/ingest/kafka/kafka_producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/adapters/kafka_broker.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr absl::Duration kPatience = absl::Seconds(30);

class KafkaProducerTest : public KafkaTest {
 protected:
  std::unique_ptr<KafkaProducer> Make(const std::map<std::string, std::string>& properties = {}) {
    return std::move(KafkaProducer::Create(
                         {.brokers = broker().address(), .properties = properties, .secrets = {}}))
        .value();
  }
};

TEST_F(KafkaProducerTest, DeliversKeysValuesHeadersAndTombstonesInOrder) {
  const std::string topic = UniqueName("sent");
  ASSERT_TRUE(broker().CreateTopic(topic, 1).ok());
  const std::unique_ptr<KafkaProducer> producer = Make();
  const std::vector<Header> headers = {{"content-type", "application/json"}};
  ASSERT_TRUE(producer->Send(topic, "a", "1", headers, kPatience).ok());
  ASSERT_TRUE(producer->Send(topic, "a", std::nullopt, {}, kPatience).ok());
  ASSERT_TRUE(producer->Send(topic, "", "", {}, kPatience).ok());
  ASSERT_TRUE(producer->Flush(kPatience).ok());
  EXPECT_EQ(producer->delivered(), 3);
  const std::vector<KafkaRecord> records = broker().ReadCommitted(topic).value();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].key, "a");
  EXPECT_EQ(records[0].value, "1");
  EXPECT_THAT(records[0].headers, ElementsAre(Pair("content-type", "application/json")));
  EXPECT_TRUE(records[1].tombstone);
  EXPECT_FALSE(records[2].tombstone) << "an empty value is none";
}

TEST_F(KafkaProducerTest, AFullQueueHoldsTheSenderBack) {
  const std::string topic = UniqueName("sent");
  ASSERT_TRUE(broker().CreateTopic(topic, 1).ok());
  const std::unique_ptr<KafkaProducer> producer = Make({{"queue.buffering.max.messages", "10"}});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(producer->Send(topic, "k", std::to_string(i), {}, kPatience).ok());
  }
  ASSERT_TRUE(producer->Flush(kPatience).ok());
  EXPECT_EQ(producer->delivered(), 1000);

  broker().Pause();
  absl::Status status;
  for (int i = 0; i <= 10 && status.ok(); ++i) {
    status = producer->Send(topic, "k", "x", {}, absl::Milliseconds(20));
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(producer->Flush(absl::Milliseconds(20)).ToString(),
              HasSubstr("10 records have not arrived"));
  broker().Resume();
  ASSERT_TRUE(producer->Flush(kPatience).ok());
  EXPECT_EQ(producer->delivered(), 1010);
}

TEST_F(KafkaProducerTest, TellsWhichTopicRefusesItsRecords) {
  const std::string topic = UniqueName("small");
  ASSERT_TRUE(broker().CreateTopic(topic, 1, {{"max.message.bytes", "1000"}}).ok());
  const std::unique_ptr<KafkaProducer> producer = Make({{"compression.type", "none"}});
  ASSERT_TRUE(producer->Send(topic, "k", std::string(5000, 'x'), {}, kPatience).ok());
  const absl::Status flushed = producer->Flush(kPatience);
  EXPECT_EQ(flushed.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(flushed.ToString(), HasSubstr(topic));
  EXPECT_EQ(producer->Send(topic, "k", "x", {}, kPatience), flushed);
}

}  // namespace
}  // namespace kpiwatch
