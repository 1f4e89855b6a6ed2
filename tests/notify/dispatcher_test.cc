#include "daemon/notify/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/notify/dispatcher_fixture.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(DispatcherTest, EveryChannelGetsEverything) {
  Commit("t-1");
  Enter();
  Commit("t-2");
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kManagers, 2));
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 2));
  EXPECT_TRUE(outbox_.AwaitAcknowledged("dead_letter_file", 2));
  EXPECT_THAT(Accepted("managers"), ElementsAre("t-1", "t-2"));
  EXPECT_THAT(Accepted("coaches"), ElementsAre("t-1", "t-2"));
}

TEST_F(DispatcherTest, EveryReasonNotToSendIsThereAtZeroBeforeItHappens) {
  CounterFamily::Values reasons;
  for (const auto& [values, count] : metrics_.suppressed.Take()) {
    EXPECT_EQ(count, 0U);
    reasons.push_back(values[0]);
  }
  EXPECT_THAT(reasons,
              ElementsAre("no_address", "no_channel", "no_receiver", "no_recipients",
                          "receiver_removed", "resolved_not_wanted", "summarised", "via_excluded"));
}

TEST_F(DispatcherTest, HangingReceiverHoldsUpOnlyItself) {
  log_.Hang("http://127.0.0.1:1/coaches");
  Enter();
  Commit("t-1");
  ASSERT_TRUE(log_.AwaitHanging());
  for (int i = 2; i <= 20; ++i) {
    Commit("t-" + std::to_string(i));
  }
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kManagers, 20));
  EXPECT_EQ(outbox_.Acknowledged(kCoaches), 0U);
  EXPECT_THAT(Accepted("managers"), SizeIs(20));
}

TEST_F(DispatcherTest, StopEndsAHangingReceiverAndTheNextStartSendsWithTheSameKey) {
  Enter();
  log_.Hang("http://127.0.0.1:1/coaches");
  Commit("t-1");
  ASSERT_TRUE(log_.AwaitHanging());
  dispatcher_->Stop();
  EXPECT_EQ(outbox_.Acknowledged(kCoaches), 0U);
  const std::string key = log_.attempts().back().key;
  log_.Hang("");
  NewDispatcher();
  Enter();
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 1));
  EXPECT_EQ(log_.accepted().back().key, key);
  EXPECT_THAT(Accepted("managers"), ElementsAre("t-1")) << "acknowledged before, not sent again";
}

TEST_F(DispatcherTest, StopSendsWhatIsCommitted) {
  Enter();
  for (int i = 1; i <= 50; ++i) {
    Commit("t-" + std::to_string(i));
  }
  dispatcher_->Stop();
  EXPECT_EQ(outbox_.Acknowledged(kManagers), 50U);
  EXPECT_EQ(outbox_.Acknowledged(kCoaches), 50U);
}

TEST_F(DispatcherTest, RestartGoesOnWhereEachChannelStood) {
  Commit("t-1");
  Commit("t-2");
  outbox_.SetStored(kManagers, 1);
  outbox_.SetStored(kCoaches, 2);
  Enter();
  dispatcher_->Stop();
  EXPECT_THAT(Accepted("managers"), ElementsAre("t-2"));
  EXPECT_THAT(Accepted("coaches"), IsEmpty());
}

TEST_F(DispatcherTest, DeadLettersWithoutATopicGoToTheFile) {
  std::vector<v1::OutboxEntry> step(3);
  step[0].mutable_dead_letter()->set_reason("decode");
  step[1].mutable_dead_letter()->set_dead_letter_topic("kpiwatch.dead-letter");
  step[2].mutable_dead_letter()->set_reason("no_time");
  outbox_.Commit(step);
  Enter();
  EXPECT_TRUE(outbox_.AwaitAcknowledged("dead_letter_file", 3));
  const auto letters = dead_letters_->Read(0, 10);
  ASSERT_TRUE(letters.ok());
  ASSERT_THAT(*letters, SizeIs(2));
  EXPECT_EQ((*letters)[0].letter.reason(), "decode");
  EXPECT_EQ((*letters)[1].number, 3U);
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kManagers, 3));
  EXPECT_THAT(log_.attempts(), IsEmpty());
}

TEST_F(DispatcherTest, SuppressedTransitionsAreCountedOnceForAllChannels) {
  v1::Transition held = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  held.set_not_sent_reason("before_live");
  outbox_.Commit(held);
  Enter();
  dispatcher_->Stop();
  EXPECT_THAT(Counted(metrics_.suppressed),
              ElementsAre(testing::Pair(ElementsAre("before_live"), 1U)));
  EXPECT_EQ(outbox_.Acknowledged(kManagers), 1U);
}

TEST_F(DispatcherTest, WithoutReceiversTheOutboxStillEmpties) {
  rulebook_.receivers.clear();
  rulebook_.route = {};
  Commit("t-1");
  Enter();
  EXPECT_TRUE(outbox_.AwaitAcknowledged("dead_letter_file", 1));
  dispatcher_->Stop();
  EXPECT_THAT(Counted(metrics_.suppressed),
              ElementsAre(testing::Pair(ElementsAre("no_receiver"), 1U)));
}

}  // namespace
}  // namespace kpiwatch
