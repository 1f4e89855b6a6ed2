#include "daemon/notify/webhook/alert_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/notify/facts.h"
#include "daemon/notify/webhook/webhook_channel.h"
#include "nlohmann/json.hpp"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::MatchesRegex;
using testing::SizeIs;

class AlertJsonTest : public testing::Test {
 protected:
  AlertJsonTest() : rulebook_(SampleRulebook()) {
    message_.idempotency_key = "0123456789abcdef0123456789abcdef";
    message_.receiver = "managers";
    message_.language = "zh";
    message_.rulebook = &rulebook_;
  }
  // The body for these transitions.
  nlohmann::json Body(const std::vector<v1::Transition>& transitions) {
    message_.transitions.clear();
    for (const v1::Transition& transition : transitions) {
      message_.transitions.push_back(&transition);
    }
    return nlohmann::json::parse(AlertmanagerJson(message_, "https://kpi.example.com"));
  }
  nlohmann::json Alert(const v1::Transition& transition) {
    return Body({transition}).at("alerts").at(0);
  }

  Rulebook rulebook_;
  Message message_;
};

TEST_F(AlertJsonTest, HasEveryFieldOfVersionFour) {
  const auto body = Body({SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW)});
  EXPECT_EQ(body.at("version"), "4");
  EXPECT_EQ(body.at("groupKey"), "{}/{receiver=\"managers\"}:{}");
  EXPECT_EQ(body.at("truncatedAlerts"), 0);
  EXPECT_EQ(body.at("status"), "firing");
  EXPECT_EQ(body.at("receiver"), "managers");
  EXPECT_TRUE(body.at("groupLabels").is_object());
  EXPECT_EQ(body.at("commonLabels").at("alertname"), "actions-slipping");
  EXPECT_TRUE(body.at("commonAnnotations").is_object());
  EXPECT_EQ(body.at("externalURL"), "https://kpi.example.com");
  ASSERT_THAT(body.at("alerts"), SizeIs(1));
  const auto& alert = body.at("alerts").at(0);
  EXPECT_EQ(alert.at("status"), "firing");
  EXPECT_EQ(alert.at("annotations").at("level"), "yellow");
  EXPECT_EQ(alert.at("annotations").at("reason"), "threshold");
  EXPECT_EQ(alert.at("labels").at("subject"), "person:u102");
  EXPECT_EQ(alert.at("annotations").at("summary"), "王一 连续 0 个工作日关键动作未达标");
  EXPECT_EQ(alert.at("startsAt"), "2026-09-29T14:00:00.000Z");
  EXPECT_EQ(alert.at("endsAt"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(alert.at("generatorURL"), "https://kpi.example.com/api/v1/alerts");
  EXPECT_THAT(alert.at("fingerprint").get<std::string>(), MatchesRegex("[0-9a-f]{16}"));
}

TEST_F(AlertJsonTest, CarriesOurFieldsWithNumbersAsText) {
  v1::Transition transition = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE);
  transition.set_value("12345678901234567.5");
  transition.set_completion("0.399960");
  transition.set_old_value("12");
  transition.set_old_completion("0.100000");
  transition.set_cause_event_id("late1");
  transition.add_counted()->set_met(false);
  transition.add_counted()->set_value("7");
  transition.set_miss_streak(3);
  v1::Task* task = transition.add_tasks();
  task->set_title("一对一");
  task->set_due_unix_ms(1790762400000);
  task->add_checklist("a");
  task->set_title_en("One-on-one");
  v1::Shortfall* shortfall = transition.add_shortfalls();
  shortfall->set_kpi("touches");
  shortfall->set_value("5");
  shortfall->set_floor("8");
  transition.add_skipped()->set_reason("on_leave");
  transition.set_grant("senior_assist");
  transition.set_grant_title("资深同事协助权限");
  transition.set_never_true(true);
  const auto body = Body({transition});
  EXPECT_EQ(body.at("idempotency_key"), message_.idempotency_key);
  const auto& alert = body.at("alerts").at(0);
  EXPECT_EQ(alert.at("id"), "t-1");
  EXPECT_EQ(alert.at("kpi"), "key_actions");
  EXPECT_EQ(alert.at("subject_name"), "王一");
  EXPECT_EQ(alert.at("level"), "orange");
  EXPECT_EQ(alert.at("from_level"), "yellow");
  EXPECT_EQ(alert.at("value"), "12345678901234567.5");
  EXPECT_EQ(alert.at("completion"), "0.399960");
  EXPECT_EQ(alert.at("old_value"), "12");
  EXPECT_EQ(alert.at("old_completion"), "0.100000");
  EXPECT_EQ(alert.at("cause_event_id"), "late1");
  EXPECT_EQ(alert.at("counted").at(0).at("met"), false);
  EXPECT_FALSE(alert.at("counted").at(1).contains("met")) << "nothing measures it";
  EXPECT_EQ(alert.at("reason"), "threshold");
  EXPECT_EQ(alert.at("never_true"), true);
  EXPECT_EQ(alert.at("grant"), "senior_assist");
  EXPECT_EQ(alert.at("grant_title"), "资深同事协助权限");
  EXPECT_EQ(alert.at("miss_streak"), 3);
  EXPECT_EQ(alert.at("tasks").at(0).at("due"), "2026-09-30T10:00:00.000Z");
  EXPECT_EQ(alert.at("tasks").at(0).at("checklist").at(0), "a");
  EXPECT_EQ(alert.at("tasks").at(0).at("title"), "一对一");
  const auto& shortfalls = alert.at("shortfalls");
  ASSERT_EQ(shortfalls.size(), 1U);
  EXPECT_EQ(shortfalls.at(0).at("kpi"), "touches");
  EXPECT_EQ(shortfalls.at(0).at("value"), "5");
  EXPECT_EQ(shortfalls.at(0).at("floor"), "8");
  EXPECT_EQ(shortfalls.at(0).at("short"), "3");
  message_.language = "en";
  EXPECT_EQ(Body({transition}).at("alerts").at(0).at("tasks").at(0).at("title"), "One-on-one");
  EXPECT_EQ(alert.at("skipped").at(0).at("reason"), "on_leave");
  EXPECT_EQ(alert.at("notified"), (std::vector<std::string>{"u100", "u102"}));
}

TEST_F(AlertJsonTest, WhoIsToldHasAName) {
  v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  transition.add_notified("u999");
  EXPECT_EQ(Alert(transition).at("notified_names"),
            (std::vector<std::string>{"陈敏", "王一", "u999"}))
      << "who is not in the org has his id";
  message_.language = "en";
  EXPECT_EQ(Alert(transition).at("notified_names"),
            (std::vector<std::string>{"Chen Min", "Wang Yi", "u999"}));
}

TEST_F(AlertJsonTest, AnnotationsSpeakTheLanguageOfTheMessage) {
  message_.language = "en";
  const auto alert = Alert(SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW));
  EXPECT_EQ(alert.at("annotations").at("summary"),
            "Wang Yi missed key actions 0 working days in a row");
}

TEST_F(AlertJsonTest, ResolvedAlertEndsAndKeepsItsFingerprint) {
  const auto fired = Alert(SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_ORANGE));
  v1::Transition over = SampleTransition(v1::LEVEL_ORANGE, v1::LEVEL_GREEN);
  over.set_period("2026-10-09");
  over.set_at_unix_ms(over.at_unix_ms() + 10 * 86'400'000LL);
  over.set_active_since_unix_ms(
      SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_ORANGE).active_since_unix_ms());
  const auto body = Body({over});
  const auto& resolved = body.at("alerts").at(0);
  EXPECT_EQ(body.at("status"), "resolved");
  EXPECT_EQ(resolved.at("status"), "resolved");
  EXPECT_EQ(resolved.at("fingerprint"), fired.at("fingerprint"));
  EXPECT_EQ(resolved.at("labels"), fired.at("labels"));
  EXPECT_EQ(resolved.at("startsAt"), fired.at("startsAt"));
  EXPECT_EQ(resolved.at("endsAt"), "2026-10-09T14:00:00.000Z");
  EXPECT_EQ(resolved.at("annotations").at("summary"), "【已解除】王一（华东） 关键动作 2026-10-09");
}

TEST_F(AlertJsonTest, StartsWhenItFiredThroughAllItsChanges) {
  EXPECT_EQ(Alert(SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE)).at("startsAt"),
            "2026-09-28T14:00:00.000Z");
  EXPECT_EQ(Alert(SampleTransition(v1::LEVEL_ORANGE, v1::LEVEL_GREEN)).at("startsAt"),
            "2026-09-28T14:00:00.000Z");
}

TEST_F(AlertJsonTest, LabelsAreTheSameAsLongAsTheAlertStands) {
  v1::Transition restated = SampleTransition(v1::LEVEL_ORANGE, v1::LEVEL_GREEN);
  restated.set_reason(v1::REASON_RESTATED);
  const auto fired = Alert(SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW));
  EXPECT_EQ(Alert(SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE)).at("labels"),
            fired.at("labels"));
  EXPECT_EQ(Alert(restated).at("labels"), fired.at("labels"));
  EXPECT_FALSE(fired.at("labels").contains("level"));
}

TEST_F(AlertJsonTest, NeverEndsBeforeItsStart) {
  v1::Transition over = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN);
  over.set_active_since_unix_ms(over.at_unix_ms() + 1000);  // the event that cleared it is older
  EXPECT_EQ(Alert(over).at("startsAt"), "2026-09-29T14:00:01.000Z");
  EXPECT_EQ(Alert(over).at("endsAt"), "2026-09-29T14:00:01.000Z");
}

TEST_F(AlertJsonTest, WhatDoesNotSayWhenItBeganStartsWithItself) {
  v1::Transition over = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN);
  over.clear_active_since_unix_ms();
  EXPECT_EQ(Alert(over).at("startsAt"), "2026-09-29T14:00:00.000Z");
}

TEST_F(AlertJsonTest, FingerprintNamesTheLadder) {
  const v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  v1::Transition other_day = transition;
  other_day.set_period("2026-09-30");
  v1::Transition other_subject = transition;
  other_subject.set_subject("person:u103");
  EXPECT_EQ(FingerprintOf(transition, rulebook_), FingerprintOf(other_day, rulebook_));
  EXPECT_NE(FingerprintOf(transition, rulebook_), FingerprintOf(other_subject, rulebook_));
  rulebook_.rules[0].evaluate = EvaluateMode::kIntraday;
  EXPECT_NE(FingerprintOf(transition, rulebook_), FingerprintOf(other_day, rulebook_))
      << "intraday, each period has a ladder of its own";
}

TEST_F(AlertJsonTest, WherePeriodsAreAlertsTheLabelsSayWhich) {
  v1::Transition fired = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_RED);
  EXPECT_FALSE(Alert(fired).at("labels").contains("period"));
  fired.set_period_named(true);
  EXPECT_EQ(Alert(fired).at("labels").at("period"), fired.period());
  v1::Transition ended = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  ended.add_told_as()->set_period_named(true);
  EXPECT_EQ(Alert(ended).at("labels").at("period"), ended.period());
  ended.mutable_told_as(0)->set_period_named(false);  // an older program fired it
  EXPECT_FALSE(Alert(ended).at("labels").contains("period"));
}

TEST_F(AlertJsonTest, TheEndOfARemovedRuleHasTheFingerprintOfItsFire) {
  Rule& rule = rulebook_.rules[0];
  rule.evaluate = EvaluateMode::kIntraday;
  const v1::Transition fired = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_RED);
  v1::Transition ended = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  const std::string fingerprint = FingerprintOf(fired, rulebook_);
  rulebook_.rules.clear();
  ended.add_told_as()->set_by_period(true);
  EXPECT_EQ(FingerprintOf(ended, rulebook_), fingerprint);
}

TEST_F(AlertJsonTest, CommonLabelsAreThoseOfAllAlerts) {
  v1::Transition other = SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE);
  other.set_subject("person:u103");
  const auto body = Body({other, SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW)});
  EXPECT_EQ(body.at("commonLabels").at("kpi"), "key_actions");
  EXPECT_FALSE(body.at("commonLabels").contains("subject"));
  EXPECT_FALSE(body.at("commonAnnotations").contains("level"));
}

TEST_F(AlertJsonTest, OneFiringAlertMakesTheMessageFiring) {
  const auto body = Body({SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW),
                          SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_GREEN)});
  EXPECT_EQ(body.at("status"), "firing");
}

TEST_F(AlertJsonTest, BytesThatAreNoUtf8DoNotBreakTheBody) {
  v1::Transition transition = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  transition.set_period("2026\xff");
  EXPECT_EQ(Alert(transition).at("period"), "2026\xEF\xBF\xBD");
}

TEST(UrlForLogsTest, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(UrlForLogs("https://u:p@h.example:8443/a/b?key=1#f"), "https://h.example:8443/a/b");
  EXPECT_EQ(UrlForLogs("http://h/a@b"), "http://h/a@b");
  EXPECT_EQ(UrlForLogs("http://h?token=x"), "http://h");
  EXPECT_EQ(UrlForLogs("nonsense"), "nonsense");
}

}  // namespace
}  // namespace kpiwatch
