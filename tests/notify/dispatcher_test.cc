#include "daemon/notify/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "tests/testing/fake_channel.h"
#include "tests/testing/fake_outbox.h"
#include "tests/testing/notify_samples.h"
#include "tests/testing/temp_directory.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kManagers[] = "webhook:managers/0";
constexpr char kCoaches[] = "webhook:coaches/0";

// What was counted, without what is still at zero.
std::vector<std::pair<CounterFamily::Values, uint64_t>> Counted(const CounterFamily& family) {
  auto counted = family.Take();
  std::erase_if(counted, [](const auto& sample) { return sample.second == 0; });
  return counted;
}

// Two webhooks, managers and coaches; everything goes to both.
class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() : clock_(absl::FromUnixSeconds(1'000'000)), pause_(&clock_), factory_(&log_) {
    auto file = DeadLetterFile::Open(directory_.path(), "store-1");
    EXPECT_TRUE(file.ok());
    dead_letters_ = *std::move(file);
    rulebook_ = SampleRulebook();
    AddReceiver("managers", 1, 0, &rulebook_);
    AddReceiver("coaches", 1, 0, &rulebook_);
    RouteAll();
    NewDispatcher();
  }
  void RouteAll() {
    rulebook_.route.routes.clear();
    for (size_t i = 0; i < rulebook_.receivers.size(); ++i) {
      Route& route = rulebook_.route.routes.emplace_back();
      route.receiver = i;
      route.continue_matching = true;
    }
  }
  void NewDispatcher() {
    DispatcherOptions options;
    options.planner.store_uuid = "store-1";
    options.drain_deadline = absl::Milliseconds(50);
    options.retry.give_up = absl::InfiniteDuration();  // virtual time flies
    dispatcher_ = std::make_unique<Dispatcher>(DispatcherPorts{.outbox = &outbox_,
                                                               .channels = &factory_,
                                                               .clock = &clock_,
                                                               .pause = &pause_,
                                                               .metrics = &metrics_,
                                                               .dead_letters = dead_letters_.get()},
                                               options);
  }
  void Enter() {
    outbox_.SetChannels(ChannelsOf(rulebook_));
    dispatcher_->SetRulebook(std::make_shared<const Rulebook>(rulebook_));
  }
  // The keys of what the channel with this URL has accepted, in order.
  std::vector<std::string> Keys(const std::string& receiver) const {
    std::vector<std::string> keys;
    for (const SentMessage& message : log_.accepted()) {
      if (message.target == "http://127.0.0.1:1/" + receiver) {
        keys.push_back(message.key);
      }
    }
    return keys;
  }
  void Commit(const std::string& id) {
    v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    transition.set_id(id);
    transition.set_step(++step_);
    outbox_.Commit(transition);
  }
  // The transitions that the channel with this URL has accepted, in order.
  std::vector<std::string> Accepted(const std::string& receiver) const {
    std::vector<std::string> ids;
    for (const SentMessage& message : log_.accepted()) {
      if (message.target == "http://127.0.0.1:1/" + receiver) {
        ids.insert(ids.end(), message.transitions.begin(), message.transitions.end());
      }
    }
    return ids;
  }

  TempDirectory directory_;
  ManualClock clock_;
  FakePause pause_;
  FakeOutbox outbox_;
  ChannelLog log_;
  FakeChannelFactory factory_;
  NotifyMetrics metrics_;
  std::unique_ptr<DeadLetterFile> dead_letters_;
  Rulebook rulebook_;
  int step_ = 0;
  std::unique_ptr<Dispatcher> dispatcher_;  // last: its threads use the others
};

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

TEST_F(DispatcherTest, AddedReceiverStartsAtTheReload) {
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

TEST_F(DispatcherTest, RemovedReceiverEndsAndTheOthersGoOn) {
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

TEST_F(DispatcherTest, ReloadDoesNotWaitForARemovedReceiverThatHangs) {
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

TEST_F(DispatcherTest, WhatWaitsForARemovedReceiverIsCounted) {
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

TEST_F(DispatcherTest, AReceiverThatIsRemovedWhenItHasEverythingLosesNothing) {
  Enter();
  Commit("t-1");
  ASSERT_TRUE(outbox_.AwaitAcknowledged(kCoaches, 1));
  rulebook_.receivers.pop_back();
  RouteAll();
  Enter();
  dispatcher_->Stop();
  EXPECT_THAT(Counted(metrics_.suppressed), IsEmpty());
}

TEST_F(DispatcherTest, ReloadedAddressIsUsedForWhatWaits) {
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

TEST_F(DispatcherTest, AWebhookThatStaysIsSentNothingTwiceWhenAnotherOfItsReceiverGoes) {
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

TEST_F(DispatcherTest, WhatWaitsStaysWithItsUrlWhenTheListIsReordered) {
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
TEST_F(DispatcherTest, AFullMailboxOfOneReceiverNeitherDoublesNorSplitsLettersOverARestart) {
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

TEST_F(DispatcherTest, AHangingSendDoesNotHoldUpTheAddressThatReplacesIts) {
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

TEST_F(DispatcherTest, StopEndsASendThatHangsSinceBeforeAReload) {
  log_.Hang("http://127.0.0.1:1/coaches");
  Enter();
  Commit("t-1");
  ASSERT_TRUE(log_.AwaitHanging());
  Enter();
  EXPECT_THAT(Accepted("coaches"), IsEmpty());
  dispatcher_->Stop();
  EXPECT_EQ(outbox_.Acknowledged(kCoaches), 0U);
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
