#include "daemon/notify/kafka/kafka_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daemon/base/mutex.h"
#include "proto/kpiwatch/v1/transition.pb.h"
#include "tests/adapters/kafka_broker.h"
#include "tests/testing/fake_outbox.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kChannel[] = "kafka";

// What became of a publisher that gave up.
class FatalSlot {
 public:
  KafkaPublisher::OnFatal Setter() {
    return [this](const absl::Status& status) {
      MutexLock lock(&mu_);
      status_ = status;
      changed_.SignalAll();
    };
  }
  absl::Status Await() {
    const CondVar::Deadline deadline = CondVar::After(absl::Seconds(30));
    MutexLock lock(&mu_);
    while (status_.ok() && changed_.WaitUntil(&mu_, deadline)) {
    }
    return status_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
};

v1::Transition Transition(int number) {
  v1::Transition transition;
  transition.set_id("t" + std::to_string(number));
  transition.set_subject("person:u1");
  return transition;
}

v1::OutboxEntry DeadLetter(const std::string& source, const std::string& topic,
                           const std::string& value) {
  v1::OutboxEntry entry;
  v1::DeadLetter& letter = *entry.mutable_dead_letter();
  letter.set_source(source);
  letter.set_topic("events");
  letter.set_partition(3);
  letter.set_offset(77);
  letter.set_reason("decode");
  letter.set_message("no type");
  letter.set_key("k");
  letter.set_value(value);
  letter.set_dead_letter_topic(topic);
  return entry;
}

class KafkaPublisherTest : public KafkaTest {
 protected:
  void SetUp() override {
    KafkaTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) {
      return;
    }
    options_.brokers = broker().address();
    options_.topic = UniqueName("alerts");
    options_.instance = UniqueName("instance");
    options_.store_uuid = "store-1";
  }

  std::unique_ptr<KafkaPublisher> StartPublisher(OutboxReader* outbox, FatalSlot* fatal) {
    auto publisher = std::make_unique<KafkaPublisher>(options_, outbox, &metrics_, fatal->Setter());
    const absl::Status started = publisher->Start();
    EXPECT_TRUE(started.ok()) << started;
    return publisher;
  }
  std::unique_ptr<KafkaPublisher> StartPublisher(OutboxReader* outbox) {
    return StartPublisher(outbox, &fatal_);
  }
  void CommitMany(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      outbox_.Commit(Transition(i));
    }
  }
  bool AwaitPublished(uint64_t seq) { return outbox_.AwaitAcknowledged(kChannel, seq); }

  // The ids in the topic, as a reader of committed records sees them.
  std::vector<std::string> Published() {
    std::vector<std::string> ids;
    const absl::StatusOr<std::vector<KafkaRecord>> records = broker().ReadCommitted(options_.topic);
    EXPECT_TRUE(records.ok()) << records.status();
    for (const KafkaRecord& record : records.value()) {
      v1::Transition transition;
      EXPECT_TRUE(transition.ParseFromString(record.value));
      EXPECT_EQ(record.key, transition.subject());
      ids.push_back(transition.id());
    }
    return ids;
  }
  static std::vector<std::string> Ids(int first, int count) {
    std::vector<std::string> ids;
    for (int i = first; i < first + count; ++i) {
      ids.push_back("t" + std::to_string(i));
    }
    return ids;
  }

  KafkaPublisherOptions options_;
  FakeOutbox outbox_;
  NotifyMetrics metrics_;
  FatalSlot fatal_;
};

TEST_F(KafkaPublisherTest, PublishesTransitionsInOrderAndCreatesTheTopic) {
  CommitMany(0, 5000);  // more than one transaction
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(5000));
  CommitMany(5000, 1);
  ASSERT_TRUE(AwaitPublished(5001));
  EXPECT_EQ(Published(), Ids(0, 5001));
  EXPECT_TRUE(publisher->health().ok()) << publisher->health();
  EXPECT_EQ(metrics_.sent.With({kChannel}).value(), 5001U);
  EXPECT_EQ(broker()
                .CommittedOffset("kpiwatch-outbox-" + options_.instance, options_.topic, 0)
                .value_or(-1),
            5001);
}

TEST_F(KafkaPublisherTest, APublisherThatDiedBeforeItsAcknowledgementRepeatsNothing) {
  CommitMany(0, 10);
  std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(10));
  publisher.reset();
  outbox_.SetStored(kChannel, 0);
  CommitMany(10, 5);
  publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(15));
  EXPECT_EQ(Published(), Ids(0, 15));
}

TEST_F(KafkaPublisherTest, TheStoredNumberCountsWhenTheBrokerHasForgottenTheCursor) {
  CommitMany(0, 10);
  std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(10));
  publisher.reset();
  ASSERT_TRUE(broker().DeleteGroup("kpiwatch-outbox-" + options_.instance).ok());
  CommitMany(10, 1);
  publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(11));
  EXPECT_EQ(Published(), Ids(0, 11));
}

TEST_F(KafkaPublisherTest, AnotherStoreIsRefusedAndFencesNobody) {
  const std::unique_ptr<KafkaPublisher> first = StartPublisher(&outbox_);
  CommitMany(0, 1);
  ASSERT_TRUE(AwaitPublished(1));

  FakeOutbox other_outbox;
  other_outbox.Commit(Transition(1000));
  FatalSlot other_fatal;
  options_.store_uuid = "store-2";
  const std::unique_ptr<KafkaPublisher> other = StartPublisher(&other_outbox, &other_fatal);
  const absl::Status refused = other_fatal.Await();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.ToString(), HasSubstr("give one of them another `instance`"));
  EXPECT_EQ(other->health(), refused);

  CommitMany(1, 1);
  ASSERT_TRUE(AwaitPublished(2));
  EXPECT_EQ(Published(), Ids(0, 2));
}

TEST_F(KafkaPublisherTest, AnOlderCopyOfTheStoreIsRefused) {
  CommitMany(0, 10);
  std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(10));
  publisher.reset();

  FakeOutbox older;
  older.Commit(Transition(0));
  publisher = StartPublisher(&older);
  const absl::Status refused = fatal_.Await();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.ToString(), HasSubstr("older copy"));
  EXPECT_EQ(Published(), Ids(0, 10));
}

TEST_F(KafkaPublisherTest, TheSecondOfTwoWithOneInstanceFencesTheFirst) {
  const std::unique_ptr<KafkaPublisher> first = StartPublisher(&outbox_);
  CommitMany(0, 1);
  ASSERT_TRUE(AwaitPublished(1));

  // A copy of the store, with the same UUID.
  FakeOutbox copy;
  copy.Commit(Transition(0));
  FatalSlot second_fatal;
  const std::unique_ptr<KafkaPublisher> second = StartPublisher(&copy, &second_fatal);
  copy.Commit(Transition(1));
  ASSERT_TRUE(copy.AwaitAcknowledged(kChannel, 2));

  CommitMany(7, 1);
  const absl::Status fenced = fatal_.Await();
  EXPECT_EQ(fenced.code(), absl::StatusCode::kAborted) << fenced;
  EXPECT_EQ(outbox_.Acknowledged(kChannel), 1U);
  EXPECT_TRUE(second->health().ok()) << second->health();
  EXPECT_EQ(Published(), Ids(0, 2));
}

TEST_F(KafkaPublisherTest, WhatWasNotCommittedIsNeverSeenAndHoldsNobodyUp) {
  ASSERT_TRUE(broker().CreateTopic(options_.topic, 1).ok());
  const kafka::Cluster cluster{.brokers = options_.brokers, .properties = {}, .secrets = {}};
  std::unique_ptr<TransactionalProducer> dying =
      std::move(TransactionalProducer::Create(cluster, "kpiwatch-" + options_.instance)).value();
  ASSERT_TRUE(dying->Init({}).ok());
  ASSERT_TRUE(dying->Begin().ok());
  ASSERT_TRUE(
      dying->Send(options_.topic, "person:u1", Transition(99).SerializeAsString(), {}, 1).ok());
  rd_kafka_flush(dying->client(), 10000);  // on the broker, in an open transaction
  CommitMany(0, 1);
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(1));
  EXPECT_EQ(Published(), Ids(0, 1));
}

TEST_F(KafkaPublisherTest, ABrokerThatDiesAndComesBackGetsEachEntryOnce) {
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  CommitMany(0, 100);
  ASSERT_TRUE(AwaitPublished(100));
  CommitMany(100, 3000);  // under way when it dies
  broker().Kill();
  CommitMany(3100, 100);
  ASSERT_TRUE(broker().Restart().ok());
  ASSERT_TRUE(AwaitPublished(3200));
  EXPECT_EQ(Published(), Ids(0, 3200));
}

TEST_F(KafkaPublisherTest, ABrokerThatHangsForAMomentGetsEachEntryOnce) {
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  CommitMany(0, 1);
  ASSERT_TRUE(AwaitPublished(1));
  broker().Pause();
  CommitMany(1, 50);
  EXPECT_EQ(outbox_.Acknowledged(kChannel), 1U);
  broker().Resume();
  ASSERT_TRUE(AwaitPublished(51));
  EXPECT_EQ(Published(), Ids(0, 51));
}

TEST_F(KafkaPublisherTest, DeadLettersCarryWhereTheyCameFromAndWhy) {
  const std::string topic = UniqueName("dead");
  options_.dead_letter_topics = {{"crm", topic}};
  outbox_.Commit(std::vector{DeadLetter("crm", topic, "{broken"), DeadLetter("erp", "else", "x"),
                             DeadLetter("crm", "", "for a file")});
  CommitMany(0, 1);
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(4));
  const std::vector<KafkaRecord> letters = broker().ReadCommitted(topic).value();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].key, "k");
  EXPECT_EQ(letters[0].value, "{broken");
  EXPECT_THAT(letters[0].headers,
              ElementsAre(Pair("reason", "decode"), Pair("topic", "events"), Pair("partition", "3"),
                          Pair("offset", "77"), Pair("source", "crm"), Pair("message", "no type")));
  EXPECT_EQ(Published(), Ids(0, 1));
}

TEST_F(KafkaPublisherTest, ADeadLetterThatTheBrokerFindsTooLargeGoesWithoutItsValue) {
  const std::string topic = UniqueName("dead");
  ASSERT_TRUE(broker().CreateTopic(topic, 1, {{"max.message.bytes", "2000"}}).ok());
  options_.dead_letter_topics = {{"crm", topic}};
  options_.properties = {{"compression.type", "none"}};
  outbox_.Commit(std::vector{DeadLetter("crm", topic, std::string(5000, 'x'))});
  CommitMany(0, 1);
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(2));
  const std::vector<KafkaRecord> letters = broker().ReadCommitted(topic).value();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_TRUE(letters[0].tombstone);
  EXPECT_THAT(letters[0].headers,
              testing::Contains(Pair("value_dropped", "5000 bytes are too large")));
  EXPECT_EQ(Published(), Ids(0, 1));
}

TEST_F(KafkaPublisherTest, WithoutATopicItPublishesDeadLettersOnly) {
  const std::string topic = UniqueName("dead");
  options_.topic.clear();
  options_.dead_letter_topics = {{"crm", topic}};
  CommitMany(0, 1);
  outbox_.Commit(std::vector{DeadLetter("crm", topic, "v")});
  const std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  ASSERT_TRUE(AwaitPublished(2));
  EXPECT_EQ(broker().ReadCommitted(topic).value().size(), 1U);
}

TEST_F(KafkaPublisherTest, CommitsItsCursorAgainBeforeTheBrokerForgetsIt) {
  options_.recommit_interval = absl::Milliseconds(1);
  std::unique_ptr<KafkaPublisher> publisher = StartPublisher(&outbox_);
  CommitMany(0, 1);
  ASSERT_TRUE(AwaitPublished(1));
  const std::string group = "kpiwatch-outbox-" + options_.instance;
  ASSERT_TRUE(broker().DeleteGroup(group).ok());
  int64_t offset = -1;
  for (int i = 0; i < 300 && offset < 0; ++i) {
    offset = broker().CommittedOffset(group, options_.topic, 0).value_or(-1);
  }
  EXPECT_EQ(offset, 1);
}

TEST_F(KafkaPublisherTest, ABadConfigurationIsRefusedAtTheStart) {
  options_.properties = {{"linger.m", "1"}};
  KafkaPublisher publisher(options_, &outbox_, &metrics_, fatal_.Setter());
  const absl::Status status = publisher.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr("did you mean 'linger.ms'"));
}

}  // namespace
}  // namespace kpiwatch
