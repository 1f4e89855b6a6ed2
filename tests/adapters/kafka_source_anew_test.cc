// Topics that were deleted and created anew, before and while they are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/adapters/kafka_reader.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kLookOften = absl::Milliseconds(100);

TEST_F(KafkaSourceTest, ATopicCreatedAnewStopsItsPartitions) {
  const std::string topic = NewTopic(2);
  Produce(topic, Many(0, 10));
  CreateAnew(topic, 1);
  Produce(topic, {At(0, "another life")});
  // Partition 0 is shorter than its position, partition 1 is gone.
  Reader reader(broker().address(), {topic}, {Position(topic, 0, 10), Position(topic, 1, 0)});
  ASSERT_TRUE(reader.PollUntil([&] {
    const PartitionState* first = reader.Find(topic, 0);
    const PartitionState* second = reader.Find(topic, 1);
    return first != nullptr && first->failed && second != nullptr && second->failed;
  }));
  EXPECT_THAT(reader.seen(), IsEmpty());
  EXPECT_THAT(reader.Find(topic, 0)->error, HasSubstr("offset 10"));
  EXPECT_THAT(reader.Find(topic, 1)->error, HasSubstr("only 1 partitions"));
}

TEST_F(KafkaSourceTest, ATopicCreatedAnewStopsItsPartitionsThoughItIsLonger) {
  constexpr int kPartitions = 3;
  const std::string topic = NewTopic(kPartitions);
  for (int p = 0; p < kPartitions; ++p) {
    Produce(topic, Many(p, 10));
  }
  std::vector<StoredPosition> stored;
  {
    Reader reader(broker().address(), {topic});
    ASSERT_TRUE(reader.PollUntilSeen(10 * kPartitions));
    stored = reader.Stored();
  }
  {
    Reader again(broker().address(), {topic}, stored);
    Produce(topic, {At(0, "more")});
    ASSERT_TRUE(again.PollUntilSeen(1));
    ASSERT_TRUE(again.PollUntilCaughtUp(kPartitions));
    EXPECT_THAT(again.seen(), ElementsAre(topic + "/0@10=more")) << "nothing comes twice";
    EXPECT_TRUE(again.source().health().ok()) << again.source().health();
    EXPECT_EQ(again.Find(topic, 1)->last, Reader::LastOf(stored, 1)) << "kept where nothing comes";
  }
  CreateAnew(topic, kPartitions);
  Produce(topic, Many(0, 30));
  Produce(topic, Many(1, 9));  // ends just before the record that was read last
  Produce(topic, Many(2, 3));
  Reader reader(broker().address(), {topic}, stored);
  ASSERT_TRUE(reader.PollUntil([&] {
    const std::span<const PartitionState> states = reader.source().partitions();
    return states.size() == kPartitions &&
           std::all_of(states.begin(), states.end(),
                       [](const PartitionState& state) { return state.failed; });
  }));
  EXPECT_THAT(reader.seen(), IsEmpty());
  EXPECT_THAT(reader.Find(topic, 0)->error, HasSubstr("the record at offset 9 is not the one"));
  EXPECT_THAT(reader.Find(topic, 1)->error, HasSubstr("it ends at offset 9"));
  EXPECT_THAT(reader.Find(topic, 2)->error, HasSubstr("offset 10 is not on the broker"));
  EXPECT_EQ(reader.Find(topic, 0)->position, 10) << "never reset";
}

TEST_F(KafkaSourceTest, WithoutTheRecordThatWasReadLastItGoesOnAtThePosition) {
  const std::string topic = NewTopic(1);
  Produce(topic, Many(0, 10));
  std::vector<StoredPosition> stored;
  {
    Reader reader(broker().address(), {topic});
    ASSERT_TRUE(reader.PollUntilSeen(10));
    stored = reader.Stored();
  }
  ASSERT_TRUE(broker().DeleteRecords(topic, 0, 10).ok());
  Produce(topic, {At(0, "more")});
  Reader reader(broker().address(), {topic}, stored);
  ASSERT_TRUE(reader.PollUntilCaughtUp(1));
  EXPECT_THAT(reader.seen(), ElementsAre(topic + "/0@10=more"));
}

// Lets the source see that the partitions are those it has read: partitions that are added are
// found by one look each, and the last one begins after the first was taken.
void PollUntilLooked(KafkaBroker* broker, const std::string& topic, Reader* reader) {
  for (int32_t added = 1; added < 4; ++added) {
    ASSERT_TRUE(broker->AddPartitions(topic, added + 1).ok());
    ASSERT_TRUE(reader->PollUntil([&] { return reader->Find(topic, added) != nullptr; }));
  }
}

TEST_F(KafkaSourceTest, ATopicCreatedAnewWhileItIsReadStopsItsPartitionThoughItIsLonger) {
  const std::string topic = NewTopic(1);
  Produce(topic, {At(0, "before the others")});
  Produce(topic, Many(0, 9));
  Reader reader(broker().address(), {topic}, {}, {}, kLookOften);
  ASSERT_TRUE(reader.PollUntilSeen(10));
  const LastRecord last = reader.Find(topic, 0)->last;
  PollUntilLooked(&broker(), topic, &reader);
  CreateAnew(topic, 4);
  Produce(topic, Many(0, 30));
  ASSERT_TRUE(reader.PollUntil([&] { return reader.Find(topic, 0)->failed; }));
  EXPECT_THAT(reader.Find(topic, 0)->error, HasSubstr("the topic was created anew"));
  EXPECT_GE(reader.Find(topic, 0)->position, 10) << "never reset";
  EXPECT_EQ(reader.Find(topic, 0)->last, last) << "so that a start sees it too";
  ASSERT_TRUE(reader.PollUntil(
      [&] { return reader.source().health().code() == absl::StatusCode::kDataLoss; }));
  const size_t delivered = reader.seen().size();
  Produce(topic, {At(0, "later"), At(1, "goes on")});
  ASSERT_TRUE(reader.PollUntilSeen(delivered + 1));
  EXPECT_EQ(reader.seen().back(), topic + "/1@0=goes on");
  Reader again(broker().address(), {topic}, reader.Stored());
  ASSERT_TRUE(again.PollUntil([&] {
    const PartitionState* first = again.Find(topic, 0);
    return first != nullptr && first->failed;
  }));
  EXPECT_THAT(again.seen(), IsEmpty());
}

TEST_F(KafkaSourceTest, ATopicThatIsMissedForAWhileIsLookedAtAgain) {
  const std::string replaced = NewTopic(1);
  const std::string same = NewTopic(1);
  for (const std::string& topic : {replaced, same}) {
    Produce(topic, Many(0, 10));
  }
  Reader reader(broker().address(), {replaced, same}, {}, {}, kLookOften);
  ASSERT_TRUE(reader.PollUntilSeen(20));
  PollUntilLooked(&broker(), same, &reader);
  ASSERT_TRUE(broker().DeleteTopic(replaced).ok());
  ASSERT_TRUE(reader.PollUntil([&] { return !reader.source().ready(); }));
  while (!broker().CreateTopic(replaced, 1).ok()) {
  }
  Produce(replaced, Many(0, 30));
  ASSERT_TRUE(reader.PollUntil([&] { return reader.Find(replaced, 0)->failed; }));
  EXPECT_FALSE(reader.Find(same, 0)->failed);
  Produce(same, {At(0, "more")});
  ASSERT_TRUE(reader.PollUntil([&] { return reader.Find(same, 0)->position == 11; }));
  EXPECT_EQ(std::count(reader.seen().begin(), reader.seen().end(), same + "/0@9=9"), 1)
      << "nothing comes twice";
}

}  // namespace
}  // namespace kpiwatch
