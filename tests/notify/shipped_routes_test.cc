// What the shipped receivers do with the alerts of the shipped rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/notify/delivery_plan.h"
#include "daemon/rulebook/loader.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::IsEmpty;

struct Shipped {
  std::string name;
  std::vector<std::string> rule_files;
};

class ShippedRoutesTest : public testing::TestWithParam<Shipped> {
 protected:
  void SetUp() override {
    const auto files = ReadRuleFiles(GetParam().rule_files, ".");
    ASSERT_TRUE(files.ok()) << files.status();
    const auto rulebook = LoadRulebook(*files).rulebook;
    ASSERT_NE(rulebook, nullptr);
    planner_.emplace(rulebook, ChannelSlots(*rulebook), PlannerOptions{.store_uuid = "store-1"});
  }
  static v1::Transition Alert(const std::string& rule, v1::Level from, v1::Level to) {
    v1::Transition transition = SampleTransition(from, to);
    transition.set_rule(rule);
    transition.set_kpi("revenue");
    transition.set_period("2026-09");
    transition.clear_notified();
    return transition;
  }
  // The channels that send something of `step`.
  std::vector<std::string> Senders(const std::vector<SharedEntry>& step) const {
    std::vector<std::string> senders;
    for (size_t i = 0; i < planner_->slots().size(); ++i) {
      if (!planner_->PlanFor(i, step).messages.empty()) {
        senders.push_back(planner_->slots()[i].name);
      }
    }
    return senders;
  }

  std::optional<DeliveryPlanner> planner_;
};

INSTANTIATE_TEST_SUITE_P(
    Files, ShippedRoutesTest,
    testing::Values(Shipped{"Sample", {"rules/behaviour"}},
                    Shipped{"Demo",
                            {"rules/behaviour/*.yaml", "rules/behaviour/sample/org.yaml",
                             "rules/behaviour/sample/targets.yaml", "deploy/demo/receivers.yaml"}}),
    [](const auto& shipped) { return shipped.param.name; });

// progress of the month is a red flag on the boards, and no message.
TEST_P(ShippedRoutesTest, WhatIsOnlyShownReachesNobody) {
  const auto step = EntriesOf({Alert("month-progress-low", v1::LEVEL_GREEN, v1::LEVEL_RED),
                               Alert("month-progress-low", v1::LEVEL_RED, v1::LEVEL_GREEN)});
  EXPECT_THAT(Senders(step), IsEmpty());
  std::vector<std::string_view> reasons;
  for (const Decision& decision : planner_->Undelivered(step)) {
    reasons.push_back(decision.reason);
  }
  EXPECT_THAT(reasons, testing::ElementsAre(reason::kNoChannel, reason::kNoChannel));
}

TEST_P(ShippedRoutesTest, EveryOtherRulesAlertsAreSent) {
  for (const Rule& rule : planner_->rulebook().rules) {
    if (rule.name != "month-progress-low") {
      const auto step = EntriesOf({Alert(rule.name, v1::LEVEL_GREEN, v1::LEVEL_RED)});
      EXPECT_THAT(Senders(step), testing::Not(IsEmpty())) << rule.name;
      EXPECT_THAT(planner_->Undelivered(step), IsEmpty()) << rule.name;
    }
  }
}

}  // namespace
}  // namespace kpiwatch
