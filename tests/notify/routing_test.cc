#include "daemon/notify/routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// managers by default; level="red" to managers-now; sales' oranges to both coaches and managers.
class RoutingTest : public testing::Test {
 protected:
  RoutingTest() : rulebook_(SampleRulebook()) {
    managers_ = AddReceiver("managers", 1, 0, &rulebook_);
    now_ = AddReceiver("managers-now", 1, 0, &rulebook_);
    coaches_ = AddReceiver("coaches", 1, 0, &rulebook_);
    rulebook_.route.receiver = managers_;
  }
  std::vector<size_t> Receivers(v1::Level from, v1::Level to) {
    return Router(&rulebook_).ReceiversOf(SampleTransition(from, to));
  }
  std::vector<size_t> Match(const LabelMap& labels) { return Router(&rulebook_).Match(labels); }
  void MatchOn(std::string label, std::string op, std::string value) {
    Route route;
    route.receiver = now_;
    route.matchers.push_back(
        {.label = std::move(label), .op = std::move(op), .value = std::move(value)});
    rulebook_.route.routes = {route};
  }

  Rulebook rulebook_;
  size_t managers_, now_, coaches_;
};

TEST_F(RoutingTest, RootTakesWhatNoChildMatches) {
  rulebook_.route.routes.push_back(RouteTo(now_, "level", "red"));
  EXPECT_THAT(Receivers(v1::LEVEL_GREEN, v1::LEVEL_YELLOW), ElementsAre(managers_));
}

TEST_F(RoutingTest, FirstMatchingChildTakesTheAlertFromItsParent) {
  rulebook_.route.routes.push_back(RouteTo(now_, "level", "red"));
  rulebook_.route.routes.push_back(RouteTo(coaches_, "team", "sales"));
  EXPECT_THAT(Receivers(v1::LEVEL_ORANGE, v1::LEVEL_RED), ElementsAre(now_));
  EXPECT_THAT(Receivers(v1::LEVEL_GREEN, v1::LEVEL_YELLOW), ElementsAre(coaches_));
}

TEST_F(RoutingTest, ContinueLetsLaterSiblingsMatchToo) {
  rulebook_.route.routes.push_back(RouteTo(now_, "level", "red"));
  rulebook_.route.routes.back().continue_matching = true;
  rulebook_.route.routes.push_back(RouteTo(coaches_, "team", "sales"));
  EXPECT_THAT(Receivers(v1::LEVEL_ORANGE, v1::LEVEL_RED), ElementsAre(now_, coaches_));
}

TEST_F(RoutingTest, DeepestMatchWins) {
  Route sales = RouteTo(coaches_, "team", "sales");
  sales.routes.push_back(RouteTo(now_, "level", "red"));
  rulebook_.route.routes.push_back(sales);
  EXPECT_THAT(Receivers(v1::LEVEL_ORANGE, v1::LEVEL_RED), ElementsAre(now_));
  EXPECT_THAT(Receivers(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE), ElementsAre(coaches_));
}

TEST_F(RoutingTest, ChildOfAnUnmatchedRouteIsNotTried) {
  Route marketing = RouteTo(coaches_, "team", "marketing");
  marketing.routes.push_back(RouteTo(now_, "level", "red"));
  rulebook_.route.routes.push_back(marketing);
  EXPECT_THAT(Receivers(v1::LEVEL_ORANGE, v1::LEVEL_RED), ElementsAre(managers_));
}

TEST_F(RoutingTest, NotEqualMatchesMissingLabels) {
  MatchOn("region", "!=", "north");
  EXPECT_THAT(Match({}), ElementsAre(now_));
  EXPECT_THAT(Match({{"region", "south"}}), ElementsAre(now_));
  EXPECT_THAT(Match({{"region", "north"}}), ElementsAre(managers_));
}

TEST_F(RoutingTest, RegularExpressionsMatchWholeValues) {
  MatchOn("kpi", "=~", "rev|revenue");
  EXPECT_THAT(Match({{"kpi", "revenue"}}), ElementsAre(now_));
  EXPECT_THAT(Match({{"kpi", "revenues"}}), ElementsAre(managers_));
  MatchOn("kpi", "!~", "rev.*");
  EXPECT_THAT(Match({{"kpi", "revenue"}}), ElementsAre(managers_));
  EXPECT_THAT(Match({{"kpi", "cac"}}), ElementsAre(now_));
}

TEST_F(RoutingTest, RegularExpressionOnAVeryLongValueDoesNotMatch) {
  MatchOn("kpi", "=~", "(a|b)*");
  EXPECT_THAT(Match({{"kpi", std::string(1'000'000, 'a')}}), ElementsAre(managers_));
}

TEST_F(RoutingTest, FallingLevelGoesToAllWhoWereToldOfOne) {
  rulebook_.route.routes.push_back(RouteTo(now_, "level", "red"));
  EXPECT_THAT(Receivers(v1::LEVEL_RED, v1::LEVEL_GREEN), ElementsAre(now_, managers_));
  EXPECT_THAT(Receivers(v1::LEVEL_RED, v1::LEVEL_ORANGE), ElementsAre(now_, managers_));
  EXPECT_THAT(Receivers(v1::LEVEL_ORANGE, v1::LEVEL_GREEN), ElementsAre(managers_));
}

TEST_F(RoutingTest, ATransitionGoesToTheReceiversThatItNames) {
  v1::Transition ended = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  ended.add_receivers("coaches");
  ended.add_receivers("gone");
  ended.add_receivers("managers-now");
  const Router router(&rulebook_);
  EXPECT_THAT(router.ReceiversOf(ended), ElementsAre(coaches_, now_));
  EXPECT_THAT(router.GoneOf(ended), ElementsAre("gone"));
}

TEST_F(RoutingTest, WhereNoneOfThemIsLeftItsLabelsRouteIt) {
  rulebook_.route.routes.push_back(RouteTo(now_, "level", "red"));
  v1::Transition ended = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  ended.add_receivers("gone");
  EXPECT_THAT(Router(&rulebook_).ReceiversOf(ended), ElementsAre(now_, managers_));
}

TEST_F(RoutingTest, DataAlertsGoToTheDataStewardAlone) {
  rulebook_.data_steward = coaches_;
  rulebook_.route.routes.push_back(RouteTo(now_, "level", "yellow"));
  for (const v1::Reason reason :
       {v1::REASON_DATA_LATE, v1::REASON_DATA_COMPLETE, v1::REASON_UNKNOWN_OWNER}) {
    v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
    transition.set_reason(reason);
    EXPECT_THAT(Router(&rulebook_).ReceiversOf(transition), ElementsAre(coaches_));
  }
}

TEST_F(RoutingTest, NobodyGetsAnythingWithoutReceivers) {
  rulebook_.receivers.clear();
  EXPECT_THAT(Receivers(v1::LEVEL_GREEN, v1::LEVEL_RED), IsEmpty());
}

TEST_F(RoutingTest, CheckNamesEveryMatcherThatCannotBeCompiled) {
  MatchOn("kpi", "=~", "rev(");
  Route nested = RouteTo(now_, "level", "red");
  nested.matchers.front().op = "==";
  rulebook_.route.routes.front().routes.push_back(nested);
  const absl::Status status = CheckRoutes(rulebook_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("kpi=~\"rev(\"' is not a regular"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("level==\"red\"' has an unknown operator"));
  EXPECT_THAT(Match({{"kpi", "rev("}}), ElementsAre(managers_));
}

TEST_F(RoutingTest, LabelsSayWhatTheAlertIs) {
  const LabelMap labels = LabelsOf(SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE), rulebook_);
  EXPECT_EQ(labels, (LabelMap{{"alertname", "actions-slipping"},
                              {"level", "orange"},
                              {"kpi", "key_actions"},
                              {"subject", "person:u102"},
                              {"unit", "east"},
                              {"reason", "threshold"},
                              {"team", "sales"}}));
}

TEST_F(RoutingTest, ResolvedAlertKeepsTheLevelThatItFiredWith) {
  EXPECT_EQ(LabelsOf(SampleTransition(v1::LEVEL_ORANGE, v1::LEVEL_GREEN), rulebook_)["level"],
            "orange");
}

TEST_F(RoutingTest, AnEndGoesUnderTheLabelsThatItFiredWith) {
  v1::Transition ended = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  ended.set_rule("gone");
  for (const char* team : {"x", "y"}) {
    v1::ToldAs* const as = ended.add_told_as();
    as->set_kpi("revenue");
    (*as->mutable_labels())["team"] = team;
  }
  const std::vector<LabelMap> all = LabelsAtLevel(ended, rulebook_, Level::kYellow);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("team"), "x");
  EXPECT_EQ(all[0].at("level"), "yellow");
  EXPECT_EQ(all[1].at("team"), "y");
  EXPECT_EQ(LabelsOf(ended, rulebook_).at("team"), "y") << "the latest";
  EXPECT_EQ(LabelsOf(ended, rulebook_).at("kpi"), "revenue");
}

TEST_F(RoutingTest, RuleLabelsDoNotReplaceOurs) {
  rulebook_.rules[0].labels["level"] = "fatal";
  EXPECT_EQ(LabelsOf(SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW), rulebook_)["level"],
            "yellow");
}

TEST_F(RoutingTest, LabelsOfARemovedRuleAndAnUnknownPersonStandAlone) {
  v1::Transition transition = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN);
  transition.set_rule("gone");
  transition.set_subject("person:u999");
  transition.set_reason(v1::REASON_RULE_REMOVED);
  EXPECT_EQ(LabelsOf(transition, rulebook_), (LabelMap{{"alertname", "gone"},
                                                       {"level", "yellow"},
                                                       {"kpi", "key_actions"},
                                                       {"subject", "person:u999"},
                                                       {"reason", "rule_removed"}}));
}

}  // namespace
}  // namespace kpiwatch
