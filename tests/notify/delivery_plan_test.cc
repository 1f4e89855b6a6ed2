#include "daemon/notify/delivery_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon/notify/facts.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class DeliveryPlanTest : public testing::Test {
 protected:
  DeliveryPlanTest() : rulebook_(SampleRulebook()) {}

  DeliveryPlanner Planner(const std::string& uuid = "store-1") {
    auto rulebook = std::make_shared<Rulebook>(rulebook_);
    return DeliveryPlanner(rulebook, slots_.empty() ? ChannelSlots(*rulebook) : slots_,
                           {.store_uuid = uuid});
  }
  // The plan of the channel with this name.
  DeliveryPlan PlanFor(const DeliveryPlanner& planner, std::string_view name,
                       const std::vector<SharedEntry>& step) {
    for (size_t i = 0; i < planner.slots().size(); ++i) {
      if (planner.slots()[i].name == name) {
        return planner.PlanFor(i, step);
      }
    }
    ADD_FAILURE() << "no channel " << name;
    return {};
  }
  struct Change {
    v1::Level from;
    v1::Level to;
    std::string subject = "person:u102";
  };
  // A step of these changes, t-1, t-2 and so on.
  static std::vector<SharedEntry> Changes(const std::vector<Change>& changes) {
    std::vector<v1::Transition> transitions;
    for (const Change& change : changes) {
      v1::Transition& transition =
          transitions.emplace_back(SampleTransition(change.from, change.to));
      transition.set_id("t-" + std::to_string(transitions.size()));
      transition.set_subject(change.subject);
    }
    return EntriesOf(transitions);
  }
  static std::vector<std::string> Ids(const Message& message) {
    std::vector<std::string> ids;
    for (const v1::Transition* transition : message.transitions) {
      ids.push_back(transition->id());
    }
    return ids;
  }
  // Recipient → reason of each decision that is not to send.
  static std::vector<std::pair<std::string, std::string>> NotSent(const DeliveryPlan& plan) {
    std::vector<std::pair<std::string, std::string>> reasons;
    for (const Decision& decision : plan.decisions) {
      if (decision.reason != reason::kSent) {
        reasons.emplace_back(decision.recipient, decision.reason);
      }
    }
    return reasons;
  }
  static std::vector<std::string> Recipients(const DeliveryPlan& plan) {
    std::vector<std::string> recipients;
    for (const Message& message : plan.messages) {
      recipients.push_back(message.recipient);
    }
    return recipients;
  }

  Rulebook rulebook_;
  std::vector<ChannelSlot> slots_;
};

TEST_F(DeliveryPlanTest, WebhookGetsOneMessageWithEveryRoutedTransition) {
  AddReceiver("managers", 1, 0, &rulebook_);
  v1::Transition other = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE);
  other.set_id("t-2");
  other.mutable_via()->Add("email");  // chooses how people are told, not webhooks
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW), other});
  const DeliveryPlan plan = PlanFor(Planner(), "webhook:managers/0", step);
  ASSERT_THAT(plan.messages, SizeIs(1));
  EXPECT_EQ(plan.messages[0].address, "http://127.0.0.1:1/managers");
  EXPECT_EQ(plan.messages[0].receiver, "managers");
  ASSERT_THAT(plan.messages[0].transitions, SizeIs(2));
  EXPECT_THAT(Ids(plan.messages[0]), ElementsAre("t-1", "t-2")) << "in the order of decision";
  EXPECT_THAT(NotSent(plan), IsEmpty());
}

TEST_F(DeliveryPlanTest, ALongStepIsSeveralWebhookMessagesAndNothingIsLeftOut) {
  AddReceiver("managers", 1, 0, &rulebook_);
  rulebook_.receivers[0].webhook[0].max_alerts = 2;
  const auto step = Changes({{v1::LEVEL_GREEN, v1::LEVEL_YELLOW},
                             {v1::LEVEL_YELLOW, v1::LEVEL_ORANGE},
                             {v1::LEVEL_ORANGE, v1::LEVEL_RED},
                             {v1::LEVEL_RED, v1::LEVEL_YELLOW},
                             {v1::LEVEL_YELLOW, v1::LEVEL_GREEN}});
  const DeliveryPlan plan = PlanFor(Planner(), "webhook:managers/0", step);
  ASSERT_THAT(plan.messages, SizeIs(3));
  EXPECT_THAT(Ids(plan.messages[0]), ElementsAre("t-1", "t-2"));
  EXPECT_THAT(Ids(plan.messages[1]), ElementsAre("t-3", "t-4"));
  EXPECT_THAT(Ids(plan.messages[2]), ElementsAre("t-5"));
  std::set<std::string> keys;
  for (const Message& message : plan.messages) {
    EXPECT_EQ(message.address, "http://127.0.0.1:1/managers");
    EXPECT_EQ(message.truncated, 0U);
    keys.insert(message.idempotency_key);
  }
  EXPECT_THAT(keys, SizeIs(3));
  EXPECT_THAT(plan.decisions, SizeIs(5));
  EXPECT_THAT(NotSent(plan), IsEmpty());
}

TEST_F(DeliveryPlanTest, AnEmailTellsTheLastChangeOfTheGravestAlertFirst) {
  AddReceiver("managers", 0, 1, &rulebook_);
  auto step = Changes({{v1::LEVEL_GREEN, v1::LEVEL_RED, "person:u103"},
                       {v1::LEVEL_GREEN, v1::LEVEL_YELLOW, "person:u102"},
                       {v1::LEVEL_RED, v1::LEVEL_GREEN, "person:u103"},
                       {v1::LEVEL_GREEN, v1::LEVEL_YELLOW, "person:u104"},
                       {v1::LEVEL_YELLOW, v1::LEVEL_ORANGE, "person:u102"}});
  const DeliveryPlan plan = PlanFor(Planner(), "email:managers/0", step);
  EXPECT_THAT(Ids(plan.messages.at(0)), ElementsAre("t-5", "t-2", "t-4", "t-3", "t-1"));
}

TEST_F(DeliveryPlanTest, ReceiverWithoutAnythingRoutedGetsNoMessage) {
  AddReceiver("managers", 1, 0, &rulebook_);
  AddReceiver("coaches", 1, 1, &rulebook_);
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW)});
  for (const char* name : {"webhook:coaches/0", "email:coaches/0"}) {
    const DeliveryPlan plan = PlanFor(Planner(), name, step);
    EXPECT_THAT(plan.messages, IsEmpty());
    EXPECT_THAT(plan.decisions, IsEmpty());
  }
}

TEST_F(DeliveryPlanTest, EachNotifiedPersonGetsOneEmailInHisLanguage) {
  AddReceiver("managers", 0, 1, &rulebook_);
  const std::vector<v1::Transition> two(2, SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW));
  const auto step = EntriesOf(two);
  const DeliveryPlan plan = PlanFor(Planner(), "email:managers/0", step);
  ASSERT_THAT(Recipients(plan), ElementsAre("u100", "u102"));
  EXPECT_EQ(plan.messages[0].address, "chenmin@example.com");
  EXPECT_EQ(plan.messages[0].language, "en");
  EXPECT_EQ(plan.messages[0].recipient_name, "Chen Min");
  EXPECT_EQ(plan.messages[1].address, "wangyi@example.com");
  EXPECT_EQ(plan.messages[1].language, "zh");
  EXPECT_EQ(plan.messages[1].recipient_name, "王一");
  EXPECT_THAT(plan.messages[1].transitions, SizeIs(2));
}

TEST_F(DeliveryPlanTest, LongListsAreCutAndSayHowMuchIsMissing) {
  AddReceiver("managers", 0, 1, &rulebook_);
  const size_t count = DeliveryPlanner::kMaxTransitionsPerEmail + 7;
  const std::vector<v1::Transition> many(count,
                                         SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW));
  const DeliveryPlan plan = PlanFor(Planner(), "email:managers/0", EntriesOf(many));
  EXPECT_THAT(plan.messages[0].transitions, SizeIs(DeliveryPlanner::kMaxTransitionsPerEmail));
  EXPECT_EQ(plan.messages[0].truncated, 7U);
  const auto not_sent = NotSent(plan);
  EXPECT_EQ(std::count(not_sent.begin(), not_sent.end(),
                       std::pair<std::string, std::string>("u100", "summarised")),
            7);
}

TEST_F(DeliveryPlanTest, EveryReasonNotToSendHasItsName) {
  AddReceiver("managers", 0, 1, &rulebook_);
  v1::Transition nobody = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  nobody.clear_notified();
  v1::Transition unreachable = nobody;
  unreachable.add_notified("u104");  // has no address
  unreachable.add_notified("u999");  // is not in the org
  v1::Transition elsewhere = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  elsewhere.add_via("wecom");
  rulebook_.receivers[0].send_resolved = false;
  const DeliveryPlan plan =
      PlanFor(Planner(), "email:managers/0",
              EntriesOf({nobody, unreachable, elsewhere,
                         SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN)}));
  EXPECT_THAT(plan.messages, IsEmpty());
  EXPECT_THAT(NotSent(plan),
              UnorderedElementsAre(Pair("", "no_recipients"), Pair("u104", "no_address"),
                                   Pair("u999", "no_address"), Pair("", "via_excluded"),
                                   Pair("", "resolved_not_wanted")));
}

TEST_F(DeliveryPlanTest, WhatTellsNoPersonGoesToTheReceiversOwnAddress) {
  AddReceiver("data_steward", 0, 2, &rulebook_);
  rulebook_.data_steward = 0;
  rulebook_.receivers[0].email[1].to = "data@example.com";
  v1::Transition late = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_ORANGE);
  late.set_reason(v1::REASON_DATA_LATE);
  late.clear_notified();
  const auto step = EntriesOf({late, late});
  EXPECT_THAT(PlanFor(Planner(), "email:data_steward/0", step).messages, IsEmpty());
  const DeliveryPlan plan = PlanFor(Planner(), "email:data_steward/1", step);
  ASSERT_THAT(plan.messages, SizeIs(1));
  EXPECT_EQ(plan.messages[0].address, "data@example.com");
  EXPECT_EQ(plan.messages[0].recipient, "data@example.com");
  EXPECT_EQ(plan.messages[0].recipient_name, "");
  EXPECT_EQ(plan.messages[0].language, "zh");
  EXPECT_THAT(plan.messages[0].transitions, SizeIs(2));
}

TEST_F(DeliveryPlanTest, WhatTellsNoPersonSpeaksTheReceiversLanguage) {
  AddReceiver("data_steward", 1, 1, &rulebook_);
  rulebook_.data_steward = 0;
  rulebook_.receivers[0].email[0].to = "data@example.com";
  rulebook_.receivers[0].email[0].language = "en";
  v1::Transition late = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_ORANGE);
  late.set_reason(v1::REASON_DATA_LATE);
  late.clear_notified();
  const auto step = EntriesOf({late});
  EXPECT_EQ(PlanFor(Planner(), "email:data_steward/0", step).messages.at(0).language, "en");
  EXPECT_EQ(PlanFor(Planner(), "webhook:data_steward/0", step).messages.at(0).language, "zh");
  rulebook_.receivers[0].webhook[0].language = "en";
  EXPECT_EQ(PlanFor(Planner(), "webhook:data_steward/0", step).messages.at(0).language, "en");
}

TEST_F(DeliveryPlanTest, PeopleAreToldInTheirOwnLanguageWhateverTheReceivers) {
  AddReceiver("managers", 0, 1, &rulebook_);
  rulebook_.receivers[0].email[0].language = "en";
  const DeliveryPlan plan =
      PlanFor(Planner(), "email:managers/0",
              EntriesOf({SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW)}));
  ASSERT_THAT(Recipients(plan), ElementsAre("u100", "u102"));
  EXPECT_EQ(plan.messages[1].language, "zh");
}

TEST_F(DeliveryPlanTest, WebhookThatDoesNotWantResolvedStillHearsOfALowerLevel) {
  AddReceiver("managers", 1, 0, &rulebook_);
  rulebook_.receivers[0].send_resolved = false;
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_RED, v1::LEVEL_YELLOW),
                               SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN)});
  const DeliveryPlan plan = PlanFor(Planner(), "webhook:managers/0", step);
  ASSERT_THAT(plan.messages, SizeIs(1));
  EXPECT_THAT(plan.messages[0].transitions, SizeIs(1));
  EXPECT_THAT(NotSent(plan), ElementsAre(Pair("", "resolved_not_wanted")));
}

TEST_F(DeliveryPlanTest, WhatTheEngineHeldBackIsCountedOnceAndSentNowhere) {
  AddReceiver("managers", 1, 1, &rulebook_);
  v1::Transition held = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  held.set_not_sent_reason("before_live");
  const auto step = EntriesOf({held});
  const DeliveryPlanner planner = Planner();
  for (const char* name : {"webhook:managers/0", "email:managers/0"}) {
    const DeliveryPlan plan = PlanFor(planner, name, step);
    EXPECT_THAT(plan.messages, IsEmpty());
    EXPECT_THAT(plan.decisions, IsEmpty());
  }
  const std::vector<Decision> undelivered = planner.Undelivered(step);
  ASSERT_THAT(undelivered, SizeIs(1));
  EXPECT_EQ(undelivered[0].reason, "before_live");
}

TEST_F(DeliveryPlanTest, TransitionsWithoutAReceiverAreNamedAsSuch) {
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW)});
  ASSERT_THAT(Planner().Undelivered(step), SizeIs(1));
  EXPECT_EQ(Planner().Undelivered(step)[0].reason, "no_receiver");
  AddReceiver("display_only", 0, 0, &rulebook_);
  ASSERT_THAT(Planner().Undelivered(step), SizeIs(1));
  EXPECT_EQ(Planner().Undelivered(step)[0].reason, "no_channel");
  rulebook_.route.receiver = AddReceiver("managers", 1, 0, &rulebook_);
  EXPECT_THAT(Planner().Undelivered(step), IsEmpty());
}

// Yellow goes to managers, red to managers-now.
class TwoEmailReceiversTest : public DeliveryPlanTest {
 protected:
  TwoEmailReceiversTest() {
    AddReceiver("managers", 0, 1, &rulebook_);
    const size_t now = AddReceiver("managers-now", 0, 2, &rulebook_);
    rulebook_.route.routes.push_back(RouteTo(now, "level", "red"));
    rulebook_.receivers[now].email[1].smarthost = "second";
    yellow_ = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    red_ = SampleTransition(v1::LEVEL_ORANGE, v1::LEVEL_RED);
    red_.set_id("t-2");
    red_.set_subject("person:u103");
    red_.mutable_notified()->Clear();
    red_.add_notified("u100");
    red_.add_notified("u103");
  }
  // Recipient → channel, for all e-mails of the step.
  std::map<std::string, std::string> Mailing(const std::vector<SharedEntry>& step) {
    const DeliveryPlanner planner = Planner();
    std::map<std::string, std::string> mailing;
    for (size_t i = 0; i < planner.slots().size(); ++i) {
      for (const Message& message : planner.PlanFor(i, step).messages) {
        EXPECT_TRUE(mailing.emplace(message.recipient, planner.slots()[i].name).second)
            << message.recipient << " gets two e-mails";
      }
    }
    return mailing;
  }
  v1::Transition yellow_, red_;
};

TEST_F(TwoEmailReceiversTest, OnePersonGetsOneEmailThroughTheReceiverOfTheGravest) {
  const auto step = EntriesOf({yellow_, red_});
  EXPECT_THAT(Mailing(step),
              ElementsAre(Pair("u100", "email:managers-now/0"), Pair("u102", "email:managers/0"),
                          Pair("u103", "email:managers-now/0")));
  const DeliveryPlan plan = PlanFor(Planner(), "email:managers-now/0", step);
  EXPECT_THAT(plan.messages[0].transitions, SizeIs(2));
}

TEST_F(TwoEmailReceiversTest, ResolveThatConcernsBothReceiversIsOneEmail) {
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN)});
  EXPECT_THAT(Mailing(step), ElementsAre(Pair("u100", "email:managers-now/0"),
                                         Pair("u102", "email:managers-now/0")));
}

TEST_F(TwoEmailReceiversTest, ChannelThatIsNewerThanTheStepDoesNotTakeItsMessages) {
  slots_ = ChannelSlots(rulebook_);
  for (ChannelSlot& slot : slots_) {
    slot.after = slot.name.starts_with("email:managers-now") ? 2 : 0;
  }
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN)});
  EXPECT_THAT(Mailing(step),
              ElementsAre(Pair("u100", "email:managers/0"), Pair("u102", "email:managers/0")));
}

TEST_F(TwoEmailReceiversTest, SameContentThroughAnotherReceiverHasTheSameKey) {
  const auto step = EntriesOf({SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN)});
  const std::string before =
      PlanFor(Planner(), "email:managers-now/0", step).messages[0].idempotency_key;
  rulebook_.route.routes.clear();
  EXPECT_EQ(PlanFor(Planner(), "email:managers/0", step).messages[0].idempotency_key, before);
}

class IdempotencyKeyTest : public DeliveryPlanTest {
 protected:
  IdempotencyKeyTest() {
    AddReceiver("managers", 2, 1, &rulebook_);
    transition_ = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  }
  v1::Transition transition_;
};

TEST_F(IdempotencyKeyTest, IsTheSameWheneverThePlanIsMadeAgain) {
  const auto step = EntriesOf({transition_}, 17);
  const std::string key =
      PlanFor(Planner(), "webhook:managers/0", step).messages[0].idempotency_key;
  EXPECT_EQ(PlanFor(Planner(), "webhook:managers/0", step).messages[0].idempotency_key, key);
  EXPECT_THAT(key, testing::MatchesRegex("[0-9a-f]{32}"));
}

TEST_F(IdempotencyKeyTest, DiffersByStoreReceiverRecipientAndContent) {
  const auto step = EntriesOf({transition_}, 17);
  std::set<std::string> keys;
  size_t messages = 0;
  const auto add = [&](const DeliveryPlan& plan) {
    for (const Message& message : plan.messages) {
      keys.insert(message.idempotency_key);
      ++messages;
    }
  };
  add(PlanFor(Planner(), "webhook:managers/0", step));
  add(PlanFor(Planner(), "webhook:managers/1", step));
  add(PlanFor(Planner(), "email:managers/0", step));
  add(PlanFor(Planner("store-2"), "webhook:managers/0", step));
  add(PlanFor(Planner(), "webhook:managers/0", EntriesOf({transition_}, 18)));
  add(PlanFor(Planner(), "webhook:managers/0", EntriesOf({transition_, transition_}, 17)));
  EXPECT_EQ(messages, 7U);
  EXPECT_THAT(keys, SizeIs(messages));
}

TEST_F(IdempotencyKeyTest, CoversWhatTheCapCutsOff) {
  const std::vector<v1::Transition> most(DeliveryPlanner::kMaxTransitionsPerEmail, transition_);
  std::vector<v1::Transition> more = most;
  more.push_back(transition_);
  EXPECT_NE(PlanFor(Planner(), "email:managers/0", EntriesOf(most)).messages[0].idempotency_key,
            PlanFor(Planner(), "email:managers/0", EntriesOf(more)).messages[0].idempotency_key);
}

}  // namespace
}  // namespace kpiwatch
