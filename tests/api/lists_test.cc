// The lists of the API: rules, alerts, sources and dead letters, their filters and pages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/api/api_fixture.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// ---- Rules --------------------------------------------------------------------------------------

TEST_F(ApiTest, ListsRulesInPrometheusShape) {
  view_.rules = {MakeRuleView("actions-slipping", "rules/sales.yaml")};
  view_.alerts = {MakeAlertView("actions-slipping", "person:u102", Level::kRed)};
  const Json data = GetData("/api/v1/rules");
  ASSERT_EQ(data["groups"].size(), 1);
  const Json& group = data["groups"][0];
  EXPECT_EQ(group["name"], "sales");
  EXPECT_EQ(group["file"], "rules/sales.yaml");
  EXPECT_TRUE(group["interval"].is_number());
  ASSERT_EQ(group["rules"].size(), 2);

  const Json& yellow = group["rules"][0];
  EXPECT_EQ(yellow["type"], "alerting");
  EXPECT_EQ(yellow["name"], "actions-slipping");
  EXPECT_EQ(yellow["query"], "miss_streak >= 1");
  EXPECT_EQ(yellow["state"], "inactive");
  EXPECT_EQ(yellow["alerts"], Json::array());
  EXPECT_EQ(yellow["duration"], 0);
  EXPECT_EQ(yellow["labels"],
            Json({{"team", "sales"}, {"kpi", "key_actions"}, {"level", "yellow"}}));
  EXPECT_EQ(yellow["health"], "ok");
  EXPECT_EQ(yellow["lastError"], "");
  EXPECT_EQ(yellow["lastEvaluation"], "2026-09-28T00:00:00.250Z");
  EXPECT_DOUBLE_EQ(yellow["evaluationTime"], 0.005);
  EXPECT_EQ(group["lastEvaluation"], "2026-09-28T00:00:00.250Z");
  EXPECT_DOUBLE_EQ(group["evaluationTime"], 0.005);

  const Json& red = group["rules"][1];
  EXPECT_EQ(red["state"], "firing");
  ASSERT_EQ(red["alerts"].size(), 1);
  EXPECT_EQ(red["alerts"][0]["labels"]["subject"], "person:u102");
}

TEST_F(ApiTest, ShowsARuleThatWasNeverEvaluatedAndOneThatFails) {
  RuleView fresh = MakeRuleView("fresh", "a.yaml");
  fresh.health = RuleHealth::kUnknown;
  fresh.last_evaluation = absl::InfinitePast();
  RuleView broken = MakeRuleView("broken", "a.yaml");
  broken.health = RuleHealth::kError;
  broken.last_error = "no target";
  view_.rules = {fresh, broken};
  const Json rules = GetData("/api/v1/rules")["groups"][0]["rules"];
  EXPECT_EQ(rules[0]["health"], "unknown");
  EXPECT_EQ(rules[0]["lastEvaluation"], "0001-01-01T00:00:00Z");
  EXPECT_EQ(rules[2]["health"], "err");
  EXPECT_EQ(rules[2]["lastError"], "no target");
}

TEST_F(ApiTest, FiltersRules) {
  view_.rules = {MakeRuleView("a", "x/one.yaml"), MakeRuleView("b", "x/two.yaml"),
                 MakeRuleView("c", "x/two.yaml")};
  const auto names = [&](HttpFields query) {
    std::vector<std::string> found;
    const Json data = GetData("/api/v1/rules", std::move(query));
    for (const Json& group : data["groups"]) {
      for (size_t i = 0; i < group["rules"].size(); i += 2) {
        found.push_back(group["rules"][i]["name"]);
      }
    }
    return found;
  };
  EXPECT_THAT(names({}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names({{"type", "alert"}}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names({{"type", "record"}}), ElementsAre());
  EXPECT_THAT(names({{"rule_name[]", "a"}, {"rule_name[]", "c"}}), ElementsAre("a", "c"));
  EXPECT_THAT(names({{"rule_group[]", "two"}}), ElementsAre("b", "c"));
  EXPECT_THAT(names({{"file[]", "x/one.yaml"}}), ElementsAre("a"));
  ExpectError(Get("/api/v1/rules", {{"type", "alerts"}}), 400, "bad_data", "'alerts'");
}

TEST_F(ApiTest, PagesRulesByGroup) {
  view_.rules = {MakeRuleView("a", "1.yaml"), MakeRuleView("b", "2.yaml"),
                 MakeRuleView("c", "3.yaml")};
  const Json first = GetData("/api/v1/rules", {{"group_limit", "2"}});
  ASSERT_EQ(first["groups"].size(), 2);
  const Json second = GetData(
      "/api/v1/rules", {{"group_limit", "2"}, {"group_next_token", first["groupNextToken"]}});
  ASSERT_EQ(second["groups"].size(), 1);
  EXPECT_EQ(second["groups"][0]["name"], "3");
  EXPECT_FALSE(second.contains("groupNextToken"));
  ExpectError(Get("/api/v1/rules", {{"group_next_token", "x"}}), 400, "bad_data", "page token");
}

TEST_F(ApiTest, SaysWhenNotAllAlertsFitBesideTheirRules) {
  view_.rules = {MakeRuleView("a", "1.yaml")};
  for (size_t i = 0; i <= Api::kMaxAlerts; ++i) {
    view_.alerts.push_back(MakeAlertView("a", "person:" + std::to_string(i), Level::kRed));
  }
  const Json reply = Json::parse(Get("/api/v1/rules").body);
  ASSERT_EQ(reply["warnings"].size(), 1);
  EXPECT_THAT(reply["warnings"][0].get<std::string>(), HasSubstr("10000 of 10001"));
  const Json without = Json::parse(Get("/api/v1/rules", {{"exclude_alerts", "true"}}).body);
  EXPECT_FALSE(without.contains("warnings"));
}

TEST_F(ApiTest, ARuleHasItsStateAlsoWithoutItsAlerts) {
  view_.rules = {MakeRuleView("a", "1.yaml"), MakeRuleView("b", "1.yaml")};
  view_.alerts = {MakeAlertView("a", "person:u1", Level::kRed),
                  MakeAlertView("b", "person:u1", Level::kYellow)};
  view_.alerts[1].state = AlertState::kPending;
  const Json rules = GetData("/api/v1/rules", {{"exclude_alerts", "true"}})["groups"][0]["rules"];
  ASSERT_EQ(rules.size(), 4);
  EXPECT_EQ(rules[0]["state"], "inactive");
  EXPECT_EQ(rules[1]["state"], "firing");
  EXPECT_EQ(rules[1]["alerts"], Json::array());
  EXPECT_EQ(rules[2]["state"], "pending");
}

TEST_F(ApiTest, ARuleFiresBehindTheLastAlertThatIsListed) {
  view_.rules = {MakeRuleView("a", "1.yaml"), MakeRuleView("b", "1.yaml")};
  for (size_t i = 0; i < Api::kMaxAlerts; ++i) {
    view_.alerts.push_back(MakeAlertView("a", "person:" + std::to_string(i), Level::kRed));
  }
  view_.alerts.push_back(MakeAlertView("b", "person:u1", Level::kRed));
  const Json rules = GetData("/api/v1/rules")["groups"][0]["rules"];
  EXPECT_EQ(rules[3]["name"], "b");
  EXPECT_EQ(rules[3]["state"], "firing");
  EXPECT_EQ(rules[3]["alerts"], Json::array());
}

// ---- Alerts -------------------------------------------------------------------------------------

TEST_F(ApiTest, ListsAlertsInPrometheusShapeWithFieldsOfOurs) {
  view_.alerts = {MakeAlertView("actions-slipping", "person:u102", Level::kOrange)};
  const Json data = GetData("/api/v1/alerts");
  ASSERT_EQ(data["alerts"].size(), 1);
  const Json expected = {
      {"labels",
       {{"alertname", "actions-slipping"},
        {"kpi", "key_actions"},
        {"level", "orange"},
        {"subject", "person:u102"},
        {"team", "sales"}}},
      {"annotations", {{"summary", "slipping"}}},
      {"state", "firing"},
      {"activeAt", "2026-09-28T00:00:00.000Z"},
      {"value", "12.5"},
      {"level", "orange"},
      {"target", "20"},
      {"completion", "0.625000"},
      {"period", "2026-09-28"},
      {"subjectName", {{"zh", "张三"}, {"en", "张三"}}},
  };
  EXPECT_EQ(data["alerts"][0], expected);
  EXPECT_FALSE(data.contains("nextToken"));
}

TEST_F(ApiTest, TellsPendingAlertsFromFiringOnes) {
  view_.alerts = {MakeAlertView("a", "unit:east", Level::kYellow)};
  view_.alerts[0].state = AlertState::kPending;
  EXPECT_EQ(GetData("/api/v1/alerts")["alerts"][0]["state"], "pending");
}

TEST_F(ApiTest, AnAlertAboutTheDataHasNoKpi) {
  view_.alerts = {MakeAlertView("data-late", "source:crm", Level::kOrange)};
  view_.alerts[0].kpi.clear();
  EXPECT_FALSE(GetData("/api/v1/alerts")["alerts"][0]["labels"].contains("kpi"));
}

TEST_F(ApiTest, PagesAlertsWithoutLosingOrRepeatingOne) {
  for (int i = 0; i < 7; ++i) {
    view_.alerts.push_back(
        MakeAlertView("r" + std::to_string(i % 2), "person:" + std::to_string(i), Level::kYellow));
  }
  std::vector<std::string> seen;
  std::string token;
  do {
    const Json data = GetData("/api/v1/alerts", {{"limit", "3"}, {"next_token", token}});
    EXPECT_LE(data["alerts"].size(), 3);
    for (const Json& alert : data["alerts"]) {
      seen.push_back(alert["labels"]["subject"]);
    }
    token = data.value("nextToken", "");
  } while (!token.empty() && seen.size() < 100);
  EXPECT_THAT(seen, ElementsAre("person:0", "person:2", "person:4", "person:6", "person:1",
                                "person:3", "person:5"));
}

TEST_F(ApiTest, RefusesBadPages) {
  for (const char* limit : {"0", "-1", "x", "10001", ""}) {
    ExpectError(Get("/api/v1/alerts", {{"limit", limit}}), 400, "bad_data", "limit");
  }
  for (const char* token : {"!", "WyJhIl0", "e30"}) {  // no base64, one part, no list
    ExpectError(Get("/api/v1/alerts", {{"next_token", token}}), 400, "bad_data", "page token");
  }
  ExpectError(Get("/api/v1/dead_letters", {{"next_token", "WyJhIl0"}}), 400, "bad_data",
              "page token");
}

TEST_F(ApiTest, AnswersWithTextThatIsNotUtf8) {
  view_.alerts = {MakeAlertView("a", "person:\xFF", Level::kYellow)};
  EXPECT_EQ(GetData("/api/v1/alerts")["alerts"][0]["labels"]["subject"], "person:\uFFFD");
}

// ---- Sources and dead letters -------------------------------------------------------------------

TEST_F(ApiTest, ListsSources) {
  SourceView crm;
  crm.name = "crm";
  crm.kind = "kafka";
  crm.partitions = {{"crm.events", 0, 90, 100, false, ""}, {"crm.events", 1, 5, -1, false, ""}};
  crm.complete_until = absl::FromUnixSeconds(1790553600);
  SourceView log;
  log.name = "a-log";
  log.kind = "log";
  log.partitions = {{"", 0, 5, 3, true, "shorter than its position"}};
  log.late_since = absl::FromUnixSeconds(1790560000);
  log.late_day = "2026-09-27";
  view_.sources = {crm, log};
  const Json data = GetData("/api/v1/sources");
  EXPECT_EQ(data["now"], "2026-09-28T00:00:00.000Z");
  ASSERT_EQ(data["sources"].size(), 2);
  const Json& stopped = data["sources"][0];
  EXPECT_EQ(stopped["name"], "a-log");
  EXPECT_EQ(stopped["health"], "err");
  EXPECT_EQ(stopped["completeUntil"], nullptr);
  EXPECT_EQ(stopped["lateSince"], "2026-09-28T01:46:40.000Z");
  EXPECT_EQ(stopped["lateDay"], "2026-09-27");
  EXPECT_EQ(stopped["partitions"][0]["error"], "shorter than its position");
  EXPECT_EQ(stopped["partitions"][0]["lag"], 0);
  const Json& good = data["sources"][1];
  EXPECT_EQ(good["health"], "ok");
  EXPECT_EQ(good["completeUntil"], "2026-09-28T00:00:00.000Z");
  EXPECT_EQ(good["lateSince"], nullptr);
  EXPECT_EQ(good["partitions"][0]["lag"], 10);
  EXPECT_EQ(good["partitions"][1]["lag"], nullptr);

  const Json page = GetData("/api/v1/sources", {{"limit", "1"}});
  ASSERT_EQ(page["sources"].size(), 1);
  EXPECT_EQ(GetData("/api/v1/sources", {{"next_token", page["nextToken"]}})["sources"][0]["name"],
            "crm");
}

TEST_F(ApiTest, ListsDeadLetters) {
  for (uint64_t i = 1; i <= 3; ++i) {
    DeadLetterView letter;
    letter.number = i;
    letter.source = "crm";
    letter.reason = "decode";
    letter.message = "not JSON";
    letter.offset = static_cast<int64_t>(i);
    letter.value = std::string("a\x00\xFF", 3);
    view_.letters.push_back(letter);
  }
  const Json first = GetData("/api/v1/dead_letters", {{"limit", "2"}});
  ASSERT_EQ(first["deadLetters"].size(), 2);
  EXPECT_EQ(first["deadLetters"][0]["value"], "a\\x00\uFFFD");
  EXPECT_EQ(first["deadLetters"][0]["time"], nullptr);
  const Json rest = GetData("/api/v1/dead_letters", {{"next_token", first["nextToken"]}});
  ASSERT_EQ(rest["deadLetters"].size(), 1);
  EXPECT_EQ(rest["deadLetters"][0]["number"], 3);
  view_.letters_status = absl::UnavailableError("disk");
  ExpectError(Get("/api/v1/dead_letters"), 503, "unavailable", "disk");
}

}  // namespace
}  // namespace kpiwatch
