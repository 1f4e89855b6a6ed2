// An alert whose rule got other labels while it stood was told under several names. Each of them
// ends, where it fired and nowhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "daemon/notify/delivery_plan.h"
#include "daemon/notify/webhook/alert_json.h"
#include "nlohmann/json.hpp"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::UnorderedElementsAre;

class WaysOfTheEndTest : public testing::Test {
 protected:
  WaysOfTheEndTest() : rulebook_(SampleRulebook()) {
    AddReceiver("root", 1, 0, &rulebook_);
    rulebook_.route.receiver = 0;
  }

  // Fired under the label team=x, and climbed under team=y.
  static v1::Transition Falls(v1::Level to) {
    v1::Transition transition = SampleTransition(v1::LEVEL_RED, to);
    for (const char* team : {"x", "y"}) {
      v1::ToldAs* const as = transition.add_told_as();
      as->set_kpi("key_actions");
      (*as->mutable_labels())["team"] = team;
    }
    return transition;
  }
  // The body of the one message of that channel.
  nlohmann::json Sent(std::string_view channel, const v1::Transition& transition) {
    const auto rulebook = std::make_shared<Rulebook>(rulebook_);
    const DeliveryPlanner planner(rulebook, ChannelSlots(*rulebook), {.store_uuid = "store"});
    const std::vector<SharedEntry> step = EntriesOf({transition});
    for (size_t i = 0; i < planner.slots().size(); ++i) {
      if (planner.slots()[i].name == channel) {
        const DeliveryPlan plan = planner.PlanFor(i, step);
        EXPECT_EQ(plan.messages.size(), 1U);
        return nlohmann::json::parse(AlertmanagerJson(plan.messages.at(0), ""));
      }
    }
    ADD_FAILURE() << "no channel " << channel;
    return {};
  }
  static std::vector<std::string> Teams(const nlohmann::json& body) {
    std::vector<std::string> teams;
    for (const auto& alert : body.at("alerts")) {
      teams.push_back(alert.at("labels").value("team", ""));
    }
    return teams;
  }

  Rulebook rulebook_;
};

TEST_F(WaysOfTheEndTest, EveryNameOfTheAlertEnds) {
  const auto body = Sent("webhook:root/0", Falls(v1::LEVEL_GREEN));
  EXPECT_THAT(Teams(body), UnorderedElementsAre("x", "y"));
  EXPECT_EQ(body.at("status"), "resolved");
  std::set<std::string> labels;
  for (const char* team : {"x", "y"}) {
    // As the fire under that label had them.
    rulebook_.rules[0].labels["team"] = team;
    const auto fire = Sent("webhook:root/0", SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW));
    labels.insert(fire.at("alerts").at(0).at("labels").dump());
  }
  for (const auto& alert : body.at("alerts")) {
    EXPECT_EQ(alert.at("status"), "resolved");
    EXPECT_EQ(labels.count(alert.at("labels").dump()), 1U) << alert.at("labels").dump();
  }
  EXPECT_FALSE(body.at("commonLabels").contains("team"));
}

TEST_F(WaysOfTheEndTest, EveryNameStandsOnAtALowerLevel) {
  const auto body = Sent("webhook:root/0", Falls(v1::LEVEL_YELLOW));
  EXPECT_THAT(Teams(body), UnorderedElementsAre("x", "y"));
  EXPECT_EQ(body.at("alerts").at(0).at("status"), "firing");
}

TEST_F(WaysOfTheEndTest, AReceiverHearsOnlyOfTheNamesThatCameToIt) {
  for (const char* team : {"x", "y"}) {
    const size_t receiver = AddReceiver(team, 1, 0, &rulebook_);
    rulebook_.route.routes.push_back(RouteTo(receiver, "team", team));
  }
  EXPECT_THAT(Teams(Sent("webhook:x/0", Falls(v1::LEVEL_GREEN))), UnorderedElementsAre("x"));
  EXPECT_THAT(Teams(Sent("webhook:y/0", Falls(v1::LEVEL_GREEN))), UnorderedElementsAre("y"));
}

TEST_F(WaysOfTheEndTest, WhatSaysWhoGotWhichNameNeedsNoRoutes) {
  v1::Transition ended = Falls(v1::LEVEL_GREEN);
  const char* const teams[] = {"x", "y"};
  for (int i = 0; i < 2; ++i) {
    AddReceiver(teams[i], 1, 0, &rulebook_);
    ended.add_receivers(teams[i]);
    ended.mutable_told_as(i)->add_receivers(teams[i]);
  }
  EXPECT_THAT(Teams(Sent("webhook:x/0", ended)), UnorderedElementsAre("x"));
  EXPECT_THAT(Teams(Sent("webhook:y/0", ended)), UnorderedElementsAre("y"));
}

TEST_F(WaysOfTheEndTest, AReceiverThatWasToldAndIsGoneIsCounted) {
  v1::Transition ended = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN);
  ended.add_receivers("root");
  ended.add_receivers("gone");
  EXPECT_EQ(Sent("webhook:root/0", ended).at("alerts").size(), 1U);
  const auto rulebook = std::make_shared<Rulebook>(rulebook_);
  const DeliveryPlanner planner(rulebook, ChannelSlots(*rulebook), {.store_uuid = "store"});
  const std::vector<SharedEntry> step = EntriesOf({ended});
  const std::vector<Decision> undelivered = planner.Undelivered(step);
  ASSERT_EQ(undelivered.size(), 1U);
  EXPECT_EQ(undelivered[0].reason, reason::kReceiverRemoved);
}

TEST_F(WaysOfTheEndTest, OfEachNameItIsTheFingerprintOfItsFire) {
  v1::Transition ended = Falls(v1::LEVEL_GREEN);
  ended.mutable_told_as(0)->set_by_period(true);
  const auto alerts = Sent("webhook:root/0", ended).at("alerts");
  const auto fired = [&] {
    const v1::Transition fire = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    return Sent("webhook:root/0", fire).at("alerts").at(0).at("fingerprint");
  };
  EXPECT_EQ(alerts.at(1).at("fingerprint"), fired());
  rulebook_.rules[0].evaluate = EvaluateMode::kIntraday;
  EXPECT_EQ(alerts.at(0).at("fingerprint"), fired());
}

}  // namespace
}  // namespace kpiwatch
