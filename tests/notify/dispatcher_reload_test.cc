// What a reload and a restart with other receivers mean for what waits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "fmt/format.h"
#include "tests/notify/dispatcher_fixture.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using DispatcherReloadTest = DispatcherTest;

TEST_F(DispatcherReloadTest, AddedReceiverStartsAtTheReload) {
  Enter();
  Commit("t-1");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kManagers, 1));
  AddReceiver("directors", 1, 0, &rulebook_);
  RouteAll();
  Enter();
  Commit("t-2");
  dispatcher_->Stop();
  EXPECT_THAT(Accepted("directors"), ElementsAre("t-2"));
  EXPECT_THAT(Accepted("managers"), ElementsAre("t-1", "t-2"));
}

TEST_F(DispatcherReloadTest, RemovedReceiverEndsAndTheOthersGoOn) {
  Enter();
  Commit("t-1");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kManagers, 1));
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 1));
  rulebook_.receivers.pop_back();
  RouteAll();
  Enter();
  Commit("t-2");
  dispatcher_->Stop();
  EXPECT_THAT(Accepted("managers"), ElementsAre("t-1", "t-2"));
  EXPECT_THAT(Accepted("coaches"), ElementsAre("t-1"));
}

TEST_F(DispatcherReloadTest, ReloadDoesNotWaitForARemovedReceiverThatHangs) {
  log_.Hang("http://127.0.0.1:1/coaches");
  Enter();
  Commit("t-1");
  ASSERT_TRUE(log_.AwaitHanging());
  rulebook_.receivers.pop_back();
  RouteAll();
  Enter();
  Commit("t-2");
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kManagers, 2));
}

TEST_F(DispatcherReloadTest, WhatWaitsForARemovedReceiverIsCounted) {
  log_.AnswerWith([](const SentMessage& message) {
    return message.target.ends_with("/coaches") ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Enter();
  Commit("t-1");
  Commit("t-2");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kManagers, 2));
  rulebook_.receivers.pop_back();
  RouteAll();
  Enter();
  log_.AnswerWith(nullptr);
  dispatcher_->Stop();
  EXPECT_THAT(Accepted("coaches"), IsEmpty());
  EXPECT_THAT(Counted(metrics_.suppressed),
              ElementsAre(testing::Pair(ElementsAre("receiver_removed"), 2U)));
}

TEST_F(DispatcherReloadTest, AReceiverThatIsRemovedWhenItHasEverythingLosesNothing) {
  Enter();
  Commit("t-1");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 1));
  rulebook_.receivers.pop_back();
  RouteAll();
  Enter();
  dispatcher_->Stop();
  EXPECT_THAT(Counted(metrics_.suppressed), IsEmpty());
}

TEST_F(DispatcherReloadTest, ReloadedAddressIsUsedForWhatWaits) {
  log_.AnswerWith([](const SentMessage& message) {
    return message.target.ends_with("/coaches") ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Enter();
  Commit("t-1");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kManagers, 1));
  rulebook_.receivers[1].webhook[0].url = "http://127.0.0.1:1/elsewhere";
  Enter();
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 1));
  EXPECT_THAT(Accepted("elsewhere"), ElementsAre("t-1"));
}

TEST_F(DispatcherReloadTest, AWebhookThatStaysIsSentNothingTwiceWhenAnotherOfItsReceiverGoes) {
  rulebook_.receivers.erase(rulebook_.receivers.begin() + 1);
  RouteAll();
  WebhookConfig good = rulebook_.receivers[0].webhook[0];
  good.url = "http://127.0.0.1:1/good";
  rulebook_.receivers[0].webhook.push_back(good);
  log_.AnswerWith([](const SentMessage& message) {
    return message.target.ends_with("/managers") ? absl::UnavailableError("down")
                                                 : absl::OkStatus();
  });
  Enter();
  Commit("t-1");
  Commit("t-2");
  ASSERT_TRUE(outbox_.AwaitAcknowledged("webhook:managers/1", 2));
  rulebook_.receivers[0].webhook.erase(rulebook_.receivers[0].webhook.begin());
  Enter();
  Commit("t-3");
  EXPECT_TRUE(outbox_.AwaitAcknowledged("webhook:managers/1", 3));
  dispatcher_->Stop();
  NewDispatcher();
  Enter();
  Commit("t-4");
  EXPECT_TRUE(outbox_.AwaitAcknowledged("webhook:managers/1", 4));
  EXPECT_THAT(Accepted("good"), ElementsAre("t-1", "t-2", "t-3", "t-4"));
}

TEST_F(DispatcherReloadTest, WhatWaitsStaysWithItsUrlWhenTheListIsReordered) {
  WebhookConfig other = rulebook_.receivers[0].webhook[0];
  other.url = "http://127.0.0.1:1/other";
  rulebook_.receivers[0].webhook.push_back(other);
  log_.AnswerWith([](const SentMessage& message) {
    return message.target.ends_with("/other") ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Enter();
  Commit("t-1");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kManagers, 1));
  std::swap(rulebook_.receivers[0].webhook[0], rulebook_.receivers[0].webhook[1]);
  log_.AnswerWith(nullptr);
  Enter();
  EXPECT_TRUE(outbox_.AwaitAcknowledged("webhook:managers/1", 1));
  Commit("t-2");
  dispatcher_->Stop();
  EXPECT_THAT(Accepted("managers"), ElementsAre("t-1", "t-2"));
  EXPECT_THAT(Accepted("other"), ElementsAre("t-1", "t-2"));
  EXPECT_NE(Keys("managers"), Keys("other"));
}

// u100 has an a and a b in one letter, through the receiver of a; u102, whose mailbox is full, a
// letter with a graver b, through that of b.
TEST_F(DispatcherReloadTest, AFullMailboxOfOneReceiverNeitherDoublesNorSplitsLettersOverARestart) {
  rulebook_.receivers.clear();
  for (const char* name : {"first", "second"}) {
    rulebook_.receivers[AddReceiver(name, 0, 1, &rulebook_)].email[0].smarthost = name;
  }
  rulebook_.route.routes = {RouteTo(0, "alertname", "a"), RouteTo(1, "alertname", "b")};
  log_.AnswerWith([](const SentMessage& message) {
    return message.recipient == "u102" ? absl::ResourceExhaustedError("450 mailbox full")
                                       : absl::OkStatus();
  });
  std::vector<v1::OutboxEntry> step(3);
  for (size_t i = 0; i < step.size(); ++i) {
    v1::Transition& transition = *step[i].mutable_transition();
    transition = SampleTransition(v1::LEVEL_GREEN, i == 2 ? v1::LEVEL_RED : v1::LEVEL_YELLOW);
    transition.set_id(fmt::format("t-{}", i));
    transition.set_rule(i == 0 ? "a" : "b");
    transition.clear_notified();
    for (const char* person : {"u100", "u102"}) {
      if (i == 0 || (i == 2) == (person == std::string_view("u102"))) {
        transition.add_notified(person);
      }
    }
  }
  Enter();
  outbox_.Commit(step);
  ASSERT_TRUE(outbox_.AwaitAcknowledged("email:first/0", 3));
  dispatcher_->Stop();
  ASSERT_EQ(outbox_.Acknowledged("email:second/0"), 0U);
  NewDispatcher();
  log_.AnswerWith(nullptr);
  Enter();
  ASSERT_TRUE(outbox_.AwaitAcknowledged("email:second/0", 3));
  const std::vector<SentMessage> accepted = log_.accepted();
  ASSERT_THAT(accepted, SizeIs(2)) << "u100 has his letter already";
  EXPECT_THAT(accepted[0].transitions, testing::UnorderedElementsAre("t-0", "t-1"));
  EXPECT_EQ(accepted[1].recipient, "u102");
  EXPECT_THAT(accepted[1].transitions, ElementsAre("t-2", "t-0"));
}

TEST_F(DispatcherReloadTest, AHangingSendDoesNotHoldUpTheAddressThatReplacesIts) {
  log_.Hang("http://127.0.0.1:1/coaches");
  Enter();
  Commit("t-1");
  ASSERT_TRUE(log_.AwaitHanging());
  rulebook_.receivers[1].webhook[0].url = "http://127.0.0.1:1/elsewhere";
  Enter();
  EXPECT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 1));
  EXPECT_THAT(Accepted("elsewhere"), ElementsAre("t-1"));
  EXPECT_THAT(Counted(metrics_.failed), IsEmpty()) << "nobody failed";
}

TEST_F(DispatcherReloadTest, StopEndsASendThatHangsSinceBeforeAReload) {
  log_.Hang("http://127.0.0.1:1/coaches");
  Enter();
  Commit("t-1");
  ASSERT_TRUE(log_.AwaitHanging());
  Enter();
  EXPECT_THAT(Accepted("coaches"), IsEmpty());
  dispatcher_->Stop();
  EXPECT_EQ(outbox_.Acknowledged(kCoaches), 0U);
}

}  // namespace
}  // namespace kpiwatch
