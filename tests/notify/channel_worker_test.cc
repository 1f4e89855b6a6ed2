#include "daemon/notify/channel_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/fake_channel.h"
#include "tests/testing/fake_outbox.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kName[] = "email:managers/0";

uint64_t Value(const CounterFamily& family, const CounterFamily::Values& labels) {
  for (const auto& [values, count] : family.Take()) {
    if (values == labels) {
      return count;
    }
  }
  return 0;
}

// One e-mail channel, driven round by round in virtual time.
class ChannelWorkerTest : public testing::Test {
 protected:
  ChannelWorkerTest()
      : clock_(absl::FromUnixSeconds(1'000'000)), outbox_(&clock_), pause_(&clock_) {
    Rulebook rulebook = SampleRulebook();
    AddReceiver("managers", 0, 1, &rulebook);
    auto shared = std::make_shared<const Rulebook>(std::move(rulebook));
    epochs_.Enter(std::make_shared<Epoch>(
        Epoch{.from = 0, .planner = {shared, ChannelSlots(*shared), {.store_uuid = "store-1"}}}));
    NewWorker(0);
  }
  // As after a restart.
  void NewWorker(uint64_t cursor) {
    WorkerEnvironment environment{.outbox = &outbox_,
                                  .epochs = &epochs_,
                                  .clock = &clock_,
                                  .pause = &pause_,
                                  .metrics = &metrics_,
                                  .retry = {},
                                  .random = [] { return UniformRandom([] { return 0.0; }); }};
    worker_ = std::make_unique<ChannelWorker>(
        kName, cursor, std::make_unique<FakeChannel>("email", "smtp", &log_), environment);
  }
  // Commits a transition of u102 in a step of its own.
  void Commit(const std::string& id, std::vector<std::string> notified = {"u102"}) {
    v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    transition.set_id(id);
    transition.set_step(++step_);
    transition.mutable_notified()->Clear();
    for (std::string& person : notified) {
      transition.add_notified(std::move(person));
    }
    outbox_.Commit(transition);
  }
  void Run(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      worker_->RunOnce({});
    }
  }
  // Works until everything possible is done, without waiting.
  void Drain() {
    worker_->Drain(outbox_.head());
    worker_->Run({});
  }
  std::vector<std::string> Recipients() const {
    std::vector<std::string> recipients;
    for (const SentMessage& message : log_.accepted()) {
      recipients.push_back(message.recipient);
    }
    return recipients;
  }
  uint64_t Acknowledged() const { return outbox_.Acknowledged(kName); }

  ManualClock clock_;
  FakeOutbox outbox_;
  FakePause pause_;
  Epochs epochs_;
  NotifyMetrics metrics_;
  ChannelLog log_;
  std::unique_ptr<ChannelWorker> worker_;
  int step_ = 0;
};

TEST_F(ChannelWorkerTest, SendsInOrderAndAcknowledges) {
  Commit("t-1");
  Commit("t-2");
  Drain();
  ASSERT_THAT(log_.accepted(), SizeIs(2));
  EXPECT_THAT(log_.accepted()[0].transitions, ElementsAre("t-1"));
  EXPECT_THAT(log_.accepted()[1].transitions, ElementsAre("t-2"));
  EXPECT_EQ(Acknowledged(), 2U);
  EXPECT_EQ(Value(metrics_.sent, {"email"}), 2U);
}

TEST_F(ChannelWorkerTest, EveryFailureIsThereAtZeroBeforeItHappens) {
  CounterFamily::Values reasons;
  for (const auto& [values, count] : metrics_.failed.Take()) {
    EXPECT_EQ(values[0], "email");
    EXPECT_EQ(count, 0U);
    reasons.push_back(values[1]);
  }
  EXPECT_THAT(reasons, ElementsAre("busy", "gave_up", "rejected", "timeout", "unavailable"));
}

TEST_F(ChannelWorkerTest, ResolveFollowsTheFire) {
  Commit("fire");
  v1::Transition resolve = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN);
  resolve.set_id("resolve");
  resolve.set_step(++step_);
  log_.AnswerWith([](const SentMessage& message) {
    return message.recipient == "u102" && message.transitions.front() == "fire"
               ? absl::ResourceExhaustedError("greylisted")
               : absl::OkStatus();
  });
  outbox_.Commit(resolve);
  Run(8);
  EXPECT_THAT(Recipients(), ElementsAre("u100")) << "u102 must hear of the fire first";
  log_.AnswerWith(nullptr);
  while (Acknowledged() < 2) {
    Run(1);
  }
  const auto accepted = log_.accepted();
  ASSERT_THAT(accepted, SizeIs(3));
  EXPECT_THAT(accepted[1].transitions, ElementsAre("fire"));
  EXPECT_THAT(accepted[2].transitions, ElementsAre("resolve"));
  EXPECT_EQ(accepted[2].recipient, "u102");
}

TEST_F(ChannelWorkerTest, AcknowledgesOnlyWholeSteps) {
  Commit("t-1", {"u100", "u102"});
  log_.AnswerWith([](const SentMessage& message) {
    return message.recipient == "u102" ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Drain();
  EXPECT_THAT(Recipients(), ElementsAre("u100"));
  EXPECT_EQ(Acknowledged(), 0U);
}

TEST_F(ChannelWorkerTest, AFullMailboxMakesARestartSendNothingAgain) {
  for (const char* id : {"t-1", "t-2", "t-3"}) {
    Commit(id, {"u100", "u102"});
  }
  log_.AnswerWith([](const SentMessage& message) {
    return message.recipient == "u102" ? absl::ResourceExhaustedError("450 mailbox full")
                                       : absl::OkStatus();
  });
  Drain();
  EXPECT_THAT(Recipients(), ElementsAre("u100", "u100", "u100"));
  EXPECT_EQ(Acknowledged(), 0U);
  NewWorker(Acknowledged());
  log_.AnswerWith(nullptr);
  Drain();
  EXPECT_THAT(Recipients(), ElementsAre("u100", "u100", "u100", "u102", "u102", "u102"));
  EXPECT_EQ(Acknowledged(), 3U);
  EXPECT_THAT(outbox_.Settled(kName), IsEmpty());
}

TEST_F(ChannelWorkerTest, ARefusedMessageBehindAWaitingOneIsNotTriedAfterARestart) {
  Commit("t-1", {"u100", "u102"});
  log_.AnswerWith([](const SentMessage& message) {
    return message.recipient == "u102" ? absl::ResourceExhaustedError("450 mailbox full")
                                       : absl::InvalidArgumentError("550 no such user");
  });
  Drain();
  NewWorker(Acknowledged());
  log_.AnswerWith(nullptr);
  Drain();
  EXPECT_THAT(Recipients(), ElementsAre("u102"));
}

TEST_F(ChannelWorkerTest, CrashWithinAStepSendsAgainWithTheSameKeys) {
  Commit("t-1", {"u100", "u102"});
  log_.AnswerWith([](const SentMessage& message) {
    return message.recipient == "u102" ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Drain();
  outbox_.ForgetSettled();  // what no step has written
  NewWorker(Acknowledged());
  log_.AnswerWith(nullptr);
  Drain();
  const auto accepted = log_.accepted();
  ASSERT_THAT(Recipients(), ElementsAre("u100", "u100", "u102"));
  EXPECT_EQ(accepted[0].key, accepted[1].key);
  EXPECT_NE(accepted[1].key, accepted[2].key);
  EXPECT_EQ(Acknowledged(), 1U);
}

TEST_F(ChannelWorkerTest, RetriesWithBackoffOnTheClock) {
  Commit("t-1");
  int refusals = 3;
  std::vector<absl::Time> tried;
  log_.AnswerWith([&](const SentMessage& /*message*/) {
    tried.push_back(clock_.Now());
    return refusals-- > 0 ? absl::UnavailableError("down") : absl::OkStatus();
  });
  while (Acknowledged() == 0) {
    Run(1);
  }
  ASSERT_THAT(tried, SizeIs(4));
  EXPECT_EQ(tried[1] - tried[0], absl::Seconds(1));
  EXPECT_EQ(tried[2] - tried[1], absl::Seconds(2));
  EXPECT_EQ(tried[3] - tried[2], absl::Seconds(4));
  EXPECT_EQ(Value(metrics_.failed, {"email", "unavailable"}), 3U);
  EXPECT_EQ(Value(metrics_.sent, {"email"}), 1U);
  EXPECT_EQ(metrics_.latency_seconds.Take().count(), 4U);
}

TEST_F(ChannelWorkerTest, RefusedMessageIsCountedAndPassed) {
  Commit("t-1");
  Commit("t-2");
  log_.AnswerWith([](const SentMessage& message) {
    return message.transitions.front() == "t-1" ? absl::InvalidArgumentError("550 no such user")
                                                : absl::OkStatus();
  });
  Drain();
  EXPECT_THAT(log_.accepted(), SizeIs(1));
  EXPECT_EQ(Acknowledged(), 2U);
  EXPECT_EQ(Value(metrics_.failed, {"email", "rejected"}), 1U);
}

TEST_F(ChannelWorkerTest, GivesUpAfterADay) {
  Commit("t-1");
  log_.AnswerWith([](const SentMessage&) { return absl::DeadlineExceededError("hangs"); });
  const absl::Time begin = clock_.Now();
  while (Acknowledged() == 0) {
    Run(1);
  }
  EXPECT_GE(clock_.Now() - begin, absl::Hours(24));
  EXPECT_LT(clock_.Now() - begin, absl::Hours(25));
  EXPECT_EQ(Value(metrics_.failed, {"email", "gave_up"}), 1U);
  EXPECT_EQ(Value(metrics_.failed, {"email", "timeout"}), log_.attempts().size());
}

TEST_F(ChannelWorkerTest, StopsReadingWhileTooMuchWaits) {
  log_.AnswerWith([](const SentMessage&) { return absl::UnavailableError("down"); });
  for (size_t i = 0; i < ChannelWorker::kMaxWaitingMessages + 500; ++i) {
    Commit("t");
  }
  Run(3);
  const uint64_t read = worker_->read_through();
  Commit("t");
  Run(10);
  EXPECT_EQ(worker_->read_through(), read);
  EXPECT_EQ(Acknowledged(), 0U);
}

TEST_F(ChannelWorkerTest, StepsWithoutMessagesAreAcknowledgedAndTheirReasonsCounted) {
  Commit("t-1", {});
  Commit("t-2", {"u104"});
  Drain();
  EXPECT_THAT(log_.attempts(), IsEmpty());
  EXPECT_EQ(Acknowledged(), 2U);
  EXPECT_EQ(Value(metrics_.suppressed, {"no_recipients"}), 1U);
  EXPECT_EQ(Value(metrics_.suppressed, {"no_address"}), 1U);
}

TEST_F(ChannelWorkerTest, UnreadableOutboxIsTriedAgain) {
  Commit("t-1");
  outbox_.FailWith(absl::DataLossError("disk"));
  Run(3);
  EXPECT_EQ(Acknowledged(), 0U);
  outbox_.FailWith(absl::OkStatus());
  Run(2);
  EXPECT_EQ(Acknowledged(), 1U);
}

TEST_F(ChannelWorkerTest, DrainingWithAnUnreadableOutboxEnds) {
  Commit("t-1");
  outbox_.FailWith(absl::DataLossError("disk"));
  Drain();
  EXPECT_EQ(Acknowledged(), 0U);
}

TEST_F(ChannelWorkerTest, NewChannelTakesWhatWaitsAtOnce) {
  Commit("t-1");
  log_.AnswerWith([](const SentMessage& message) {
    return message.target == "smtp" ? absl::UnavailableError("down") : absl::OkStatus();
  });
  Run(8);
  EXPECT_THAT(log_.accepted(), IsEmpty());
  const absl::Time before = clock_.Now();
  worker_->Replace(std::make_unique<FakeChannel>("email", "smtp2", &log_), /*elsewhere=*/true);
  Run(1);
  EXPECT_THAT(log_.accepted(), SizeIs(1));
  EXPECT_EQ(clock_.Now(), before);
}

TEST_F(ChannelWorkerTest, EachEntryIsDecidedByTheRulebookOfItsTime) {
  Commit("t-1");
  Rulebook later = SampleRulebook();
  AddReceiver("managers", 0, 1, &later);
  later.org.people[1].email = "";  // u102 loses his address
  auto shared = std::make_shared<const Rulebook>(std::move(later));
  epochs_.Enter(std::make_shared<Epoch>(
      Epoch{.from = 1, .planner = {shared, ChannelSlots(*shared), {.store_uuid = "store-1"}}}));
  Commit("t-2");
  Drain();
  ASSERT_THAT(log_.accepted(), SizeIs(1));
  EXPECT_THAT(log_.accepted()[0].transitions, ElementsAre("t-1"));
  EXPECT_EQ(Value(metrics_.suppressed, {"no_address"}), 1U);
}

TEST(SplitIntoStepsTest, CutsWhereTheStepChangesAndKeepsDeadLettersInside) {
  std::vector<v1::OutboxEntry> entries(6);
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].set_seq(i + 1);
  }
  entries[0].mutable_dead_letter();
  entries[1].mutable_transition()->set_step(7);
  entries[2].mutable_dead_letter();
  entries[3].mutable_transition()->set_step(7);
  entries[4].mutable_transition()->set_step(8);
  entries[5].mutable_dead_letter();
  const std::vector<SharedEntry> shared(entries.begin(), entries.end());
  const auto steps = SplitIntoSteps(shared);
  ASSERT_THAT(steps, SizeIs(2));
  EXPECT_EQ(steps[0].front().seq(), 1U);
  EXPECT_EQ(steps[0].back().seq(), 4U);
  EXPECT_EQ(steps[1].back().seq(), 6U);
  EXPECT_THAT(SplitIntoSteps({}), IsEmpty());
}

}  // namespace
}  // namespace kpiwatch
