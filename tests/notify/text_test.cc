#include "daemon/notify/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/notify/number_text.h"
#include "tests/testing/notify_samples.h"

namespace kpiwatch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TextTest : public testing::Test {
 protected:
  TextTest()
      : rulebook_(SampleRulebook()),
        transition_(SampleTransition(v1::LEVEL_YELLOW, v1::LEVEL_ORANGE)) {}

  TransitionText Text(std::string_view language = "zh") {
    return Describe(transition_, rulebook_, language);
  }
  // The text of the row with this name; empty: there is none.
  std::string Row(std::string_view name, std::string_view language = "zh") {
    for (const TextRow& row : Text(language).rows) {
      if (row.name == name) {
        return row.text;
      }
    }
    return "";
  }
  void AddCounted(const std::string& period, bool met) {
    v1::CountedPeriod* counted = transition_.add_counted();
    counted->set_period(period);
    counted->set_met(met);
  }
  void AddSkipped(const std::string& period, const std::string& reason) {
    v1::SkippedPeriod* skipped = transition_.add_skipped();
    skipped->set_period(period);
    skipped->set_reason(reason);
  }

  Rulebook rulebook_;
  v1::Transition transition_;
};

TEST_F(TextTest, HeadlineSaysLevelPersonKpiAndPeriod) {
  EXPECT_EQ(Text("zh").headline, "【橙色】王一（华东） 关键动作 2026-09-29");
  EXPECT_EQ(Text("en").headline, "[Orange] Wang Yi (East) Key actions 2026-09-29");
}

TEST_F(TextTest, SummaryIsTheRulesAnnotationInTheRecipientsLanguage) {
  transition_.set_miss_streak(3);
  EXPECT_EQ(Text("zh").summary, "王一 连续 3 个工作日关键动作未达标");
  EXPECT_EQ(Text("en").summary, "Wang Yi missed key actions 3 working days in a row");
  transition_.set_rule("week-far-behind");
  EXPECT_EQ(Text("en").summary, "");
}

TEST_F(TextTest, DescriptionSaysWhatToDoNext) {
  EXPECT_THAT(PlainText(Text("zh"), "zh"), HasSubstr("\n  下一步：请主管与 王一 当面沟通。\n"));
  EXPECT_THAT(PlainText(Text("en"), "en"),
              HasSubstr("\n  What to do next: Sit down with Wang Yi.\n"));
  rulebook_.rules[0].annotations["description"].zh = "先看数据\n再沟通";
  EXPECT_THAT(PlainText(Text("zh"), "zh"), HasSubstr("  下一步：\n    先看数据\n    再沟通\n"));
  transition_ = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  EXPECT_THAT(PlainText(Text("en"), "en"), testing::Not(HasSubstr("What to do next")))
      << "there is nothing left to do";
}

// The same words in a fire, a climb and the end, of closed and of open periods.
TEST_F(TextTest, AlertsSayTheMomentInWhichTheyBegan) {
  EXPECT_EQ(Row("开始于"), "2026-09-28 22:00") << "in the time zone of the KPI's calendar";
  transition_.clear_since();
  EXPECT_EQ(Row("开始于"), "2026-09-28 22:00");
  EXPECT_EQ(Row("Since", "en"), "2026-09-28 22:00");
  transition_ = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  EXPECT_EQ(Row("开始于"), "2026-09-28 22:00");
  transition_.clear_active_since_unix_ms();
  EXPECT_EQ(Row("开始于"), "") << "an older program did not keep it";
}

TEST_F(TextTest, MoneyAndCompletionAreExact) {
  transition_.set_kpi("revenue");
  transition_.set_currency("CNY");
  transition_.set_value("399960.5");
  transition_.set_target("1000000");
  transition_.set_completion("0.399961");
  EXPECT_EQ(Row("实际"), "399,960.50 元");
  EXPECT_EQ(Row("目标"), "1,000,000.00 元");
  EXPECT_EQ(Row("完成率"), "39.9961%");
  EXPECT_EQ(Row("Actual", "en"), "CNY 399,960.50");
}

TEST_F(TextTest, PlainValuesCarryTheUnitOfMeasure) {
  rulebook_.kpis[0].unit = "次";
  transition_.set_value("12345");
  EXPECT_EQ(Row("实际"), "12,345 次");
  EXPECT_EQ(Row("目标"), "") << "nothing is said where there is no target";
}

TEST_F(TextTest, StreakSaysHowItCounts) {
  transition_.set_miss_streak(3);
  EXPECT_EQ(Row("连续未达标"), "3 个工作日（累计计算：触发较低级别的周期也计入）");
  EXPECT_THAT(Row("Missed in a row", "en"), HasSubstr("3 working days (counted in total"));
  rulebook_.rules[0].period = PeriodKind::kWeek;
  EXPECT_THAT(Row("连续未达标"), testing::StartsWith("3 周"));
}

TEST_F(TextTest, CountedPeriodsSayValueAgainstTarget) {
  AddCounted("2026-09-28", true);
  AddCounted("2026-09-29", false);
  transition_.mutable_counted(1)->set_value("5");
  transition_.mutable_counted(1)->set_target("8");
  EXPECT_EQ(Row("计入的周期"), "2026-09-28 达标\n2026-09-29 未达标 5 / 8");
}

TEST_F(TextTest, APeriodThatNothingMeasuresIsNeitherMetNorMissed) {
  AddCounted("2026-09-29", false);
  transition_.mutable_counted(0)->clear_met();
  transition_.mutable_counted(0)->set_value("5");
  EXPECT_EQ(Row("计入的周期"), "2026-09-29 5");
}

TEST_F(TextTest, SkippedPeriodsWithTheSameReasonAreOneLine) {
  for (int day = 1; day <= 7; ++day) {
    AddSkipped("2026-10-0" + std::to_string(day), "not_a_working_day");
  }
  AddSkipped("2026-10-08", "on_leave");
  AddSkipped("2026-10-09", "strike");
  EXPECT_EQ(Row("未计入的周期"),
            "2026-10-01 至 2026-10-07（7 个）：非工作日（周末或节假日）\n2026-10-08：请假\n"
            "2026-10-09：strike");
  EXPECT_THAT(Row("Periods that did not count", "en"),
              HasSubstr("2026-10-01 to 2026-10-07 (7): not a working day"));
}

TEST_F(TextTest, EveryReasonNotToCountIsSaidInBothLanguages) {
  for (const char* reason :
       {"not_a_working_day", "not_applicable", "not_employed", "on_leave", "no_target", "no_floors",
        "before_first_sight", "insufficient", "part_time", "not_watched", "no_value"}) {
    transition_.clear_skipped();
    AddSkipped("2026-W08", reason);
    EXPECT_NE(Row("未计入的周期"), "2026-W08：" + std::string(reason));
    EXPECT_NE(Row("Periods that did not count", "en"), "2026-W08: " + std::string(reason));
    EXPECT_NE(Row("未计入的周期").substr(9), Row("Periods that did not count", "en").substr(9));
  }
}

TEST_F(TextTest, LongListsOfPeriodsAreCut) {
  for (int i = 0; i < kMaxPeriodsShown + 9; ++i) {
    AddCounted("day", false);
    AddSkipped("day", i % 2 == 0 ? "on_leave" : "no_target");
  }
  EXPECT_THAT(Row("计入的周期"), HasSubstr("\n9 项未列出"));
  EXPECT_THAT(Row("未计入的周期"), HasSubstr("\n9 项未列出"));
}

TEST_F(TextTest, TasksSayWhoUntilWhenAndWhat) {
  v1::Task* task = transition_.add_tasks();
  task->set_title("主管一对一沟通");
  task->set_assignee("u100");
  task->set_due_unix_ms(1790762400000);  // 2026-09-30T10:00:00Z
  task->add_checklist("重新分配资源");
  task->add_checklist("调整策略");
  const TransitionText text = Text();
  ASSERT_THAT(text.tasks, SizeIs(1));
  EXPECT_EQ(text.tasks[0].assignee, "陈敏");
  EXPECT_EQ(text.tasks[0].due, "2026-09-30 18:00") << "in the time zone of the KPI's calendar";
  EXPECT_THAT(PlainText(text, "zh"),
              HasSubstr("  任务：主管一对一沟通; 负责人：陈敏; 截止：2026-09-30 18:00\n"
                        "    [ ] 重新分配资源\n    [ ] 调整策略\n"));
}

// S-01: where units have clocks of their own, a time says which one it is on.
TEST_F(TextTest, TimesAreOnTheClockOfTheUnitWhereTheKpiHasNone) {
  CalendarOptions west;
  west.zone = absl::FixedTimeZone(-5 * 60 * 60);
  rulebook_.calendars.emplace_back(west);
  rulebook_.unit_calendars = 2;
  rulebook_.calendars.emplace_back(
      "(of the unit)",
      std::vector<BusinessCalendar>{rulebook_.calendars[0], rulebook_.calendars[1]});
  AddUnit({.id = "west", .name = {}, .parent = 0, .manager = "", .calendar = 1}, &rulebook_);
  rulebook_.org.people[rulebook_.org.people_by_id["u100"][0]].unit = 2;
  rulebook_.kpis[0].calendar = 2;
  for (const char* assignee : {"u100", "u103"}) {
    v1::Task* task = transition_.add_tasks();
    task->set_assignee(assignee);
    task->set_due_unix_ms(1790762400000);  // 2026-09-30T10:00:00Z
  }
  EXPECT_EQ(Text().tasks[0].due, "2026-09-30 05:00 UTC-05:00");
  EXPECT_EQ(Text().tasks[1].due, "2026-09-30 18:00 UTC+08:00");
}

TEST_F(TextTest, GrantsSpeakTheRecipientsLanguageWhereTheRulesDo) {
  transition_.set_grant("senior_assist");
  EXPECT_EQ(Row("已授权"), "senior_assist");
  transition_.set_grant_title("资深同事协助权限");
  EXPECT_EQ(Row("Granted", "en"), "资深同事协助权限");
  transition_.set_grant_title_en("Help from a senior colleague");
  EXPECT_EQ(Row("已授权"), "资深同事协助权限");
  EXPECT_EQ(Row("Granted", "en"), "Help from a senior colleague");
}

TEST_F(TextTest, TasksSpeakTheRecipientsLanguageWhereTheRulesDo) {
  v1::Task* task = transition_.add_tasks();
  task->set_title("主管一对一沟通");
  task->set_title_en("One-on-one");
  task->add_checklist("调整策略");
  task->add_checklist_en("Change the approach");
  EXPECT_THAT(PlainText(Text("zh"), "zh"), HasSubstr("任务：主管一对一沟通\n    [ ] 调整策略\n"));
  EXPECT_THAT(PlainText(Text("en"), "en"),
              HasSubstr("Task: One-on-one\n    [ ] Change the approach\n"));
  task->clear_title_en();
  task->clear_checklist_en();
  EXPECT_THAT(PlainText(Text("en"), "en"), HasSubstr("Task: 主管一对一沟通\n    [ ] 调整策略\n"));
}

// which of the actions is short, and by how much.
TEST_F(TextTest, ShortfallsSayWhichPartIsShortAndByHowMuch) {
  EXPECT_EQ(Row("差距"), "");
  v1::Shortfall* touches = transition_.add_shortfalls();
  touches->set_kpi("revenue");
  touches->set_value("1200.5");
  touches->set_floor("8000");
  v1::Shortfall* unknown = transition_.add_shortfalls();
  unknown->set_kpi("gone");
  unknown->set_value("0");
  unknown->set_floor("2");
  EXPECT_EQ(Row("差距"), "销售额 1,200.5 / 8,000（差 6,799.5）\ngone 0 / 2（差 2）");
  EXPECT_EQ(Row("Shortfall", "en"),
            "Revenue 1,200.5 of 8,000 (6,799.5 short)\ngone 0 of 2 (2 short)");
  EXPECT_THAT(PlainText(Text("en"), "en"), HasSubstr("Shortfall:\n    Revenue 1,200.5 of 8,000"));
}

// Acceptance: red withdrawn (it was never true).
TEST_F(TextTest, WithdrawnAlertSaysThatDataWasCorrected) {
  transition_ = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  transition_.set_reason(v1::REASON_RESTATED);
  transition_.set_never_true(true);
  EXPECT_EQ(Text().headline, "【已撤回】王一（华东） 关键动作 2026-09-29");
  EXPECT_THAT(Row("原因"), HasSubstr("数据已更正：此前的预警不成立"));
  EXPECT_THAT(Row("Why", "en"), HasSubstr("is withdrawn"));
  EXPECT_EQ(Row("级别变化"), "红色 → 绿色");
}

TEST_F(TextTest, AnAlertThatACorrectionEndedWasTrueAndIsNotWithdrawn) {
  transition_ = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  transition_.set_reason(v1::REASON_RESTATED);
  EXPECT_EQ(Text().headline, "【已解除】王一（华东） 关键动作 2026-09-29");
  EXPECT_EQ(Row("原因"), "数据已更正：预警条件已不再成立，预警解除。");
  EXPECT_EQ(Row("Why", "en"),
            "Data was corrected: the condition no longer holds; the alert is over.");
}

TEST_F(TextTest, RestatedAlertSaysWhatItSaidBeforeAndWhatCorrectedIt) {
  transition_ = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  transition_.set_reason(v1::REASON_RESTATED);
  EXPECT_EQ(Row("更正前"), "");
  EXPECT_EQ(Row("更正事件"), "");
  transition_.set_kpi("revenue");
  transition_.set_currency("CNY");
  transition_.set_value("22000");
  transition_.set_old_value("19000");
  EXPECT_EQ(Row("更正前"), "19,000.00 元");
  transition_.set_old_completion("0.380000");
  transition_.set_cause_event_id("late1");
  EXPECT_EQ(Row("更正前"), "19,000.00 元（38%）");
  EXPECT_EQ(Row("Before the correction", "en"), "CNY 19,000.00 (38%)");
  EXPECT_EQ(Row("更正事件"), "late1");
  EXPECT_EQ(Row("Corrected by", "en"), "late1");
}

TEST_F(TextTest, ResolvedAlertSaysSo) {
  transition_ = SampleTransition(v1::LEVEL_RED, v1::LEVEL_GREEN);
  EXPECT_THAT(Text("en").headline, HasSubstr("[Resolved]"));
  EXPECT_TRUE(Text().resolved);
  EXPECT_EQ(Text().summary, "") << "the rule's summary speaks of the condition that fired";
  EXPECT_EQ(Text().level, Level::kRed);
}

TEST_F(TextTest, EveryReasonHasASentenceInBothLanguages) {
  for (int reason = v1::REASON_THRESHOLD; reason <= v1::REASON_NO_LONGER_COVERED; ++reason) {
    transition_.set_reason(static_cast<v1::Reason>(reason));
    EXPECT_NE(Row("原因"), "") << reason;
    EXPECT_NE(Row("Why", "en"), "") << reason;
    EXPECT_NE(Row("原因"), Row("Why", "en")) << reason;
  }
}

TEST_F(TextTest, DataAlertNamesTheSource) {
  transition_ = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_YELLOW);
  transition_.set_subject("source:crm");
  transition_.set_kpi("");
  transition_.set_rule("data_late");
  transition_.set_reason(v1::REASON_DATA_LATE);
  EXPECT_EQ(Text().headline, "【数据】crm 2026-09-29");
  transition_.set_detail("since noon");
  EXPECT_EQ(Row("说明"), "since noon");
  EXPECT_THAT(Row("原因"), HasSubstr("不计为未达标"));
}

TEST_F(TextTest, UnknownPeopleRulesAndKpisKeepTheirIds) {
  transition_.set_subject("person:u999");
  transition_.set_kpi("gone");
  transition_.set_rule("gone-too");
  EXPECT_EQ(Text().headline, "【橙色】u999 gone 2026-09-29");
  EXPECT_THAT(Text().summary, IsEmpty());
}

TEST_F(TextTest, SubjectLineCountsWhatTheMessageHolds) {
  Message message;
  message.language = "zh";
  message.rulebook = &rulebook_;
  message.transitions = {&transition_};
  EXPECT_EQ(SubjectLine(message), "【橙色】王一（华东） 关键动作 2026-09-29");
  message.transitions = {&transition_, &transition_};
  message.truncated = 3;
  EXPECT_EQ(SubjectLine(message), "【橙色】王一（华东） 关键动作 2026-09-29 等 5 条");
}

TEST_F(TextTest, PlainTextIndentsLists) {
  AddCounted("2026-09-28", false);
  AddCounted("2026-09-29", false);
  EXPECT_THAT(PlainText(Text(), "zh"),
              HasSubstr("  计入的周期：\n    2026-09-28 未达标\n    2026-09-29 未达标\n"));
}

TEST(NumberTextTest, DigitsAreGroupedByThousands) {
  EXPECT_EQ(GroupDigits("0"), "0");
  EXPECT_EQ(GroupDigits("999"), "999");
  EXPECT_EQ(GroupDigits("1000"), "1,000");
  EXPECT_EQ(GroupDigits("-1234567.8901"), "-1,234,567.8901");
  EXPECT_EQ(GroupDigits("n/a"), "n/a");
  EXPECT_EQ(GroupDigits(""), "");
}

TEST(NumberTextTest, MoneyShowsAtLeastItsMinorUnit) {
  EXPECT_EQ(MoneyText("1234567.5", "CNY", "zh"), "1,234,567.50 元");
  EXPECT_EQ(MoneyText("1234567.8901", "CNY", "zh"), "1,234,567.8901 元") << "nothing is dropped";
  EXPECT_EQ(MoneyText("-12", "USD", "zh"), "-12.00 USD");
  EXPECT_EQ(MoneyText("12000", "JPY", "en"), "JPY 12,000");
}

TEST(NumberTextTest, PercentagesAreExact) {
  EXPECT_EQ(PercentText("0.399960"), "39.996%");
  EXPECT_EQ(PercentText("0.800000"), "80%");
  EXPECT_EQ(PercentText("0"), "0%");
  EXPECT_EQ(PercentText("1.5"), "150%");
  EXPECT_EQ(PercentText("12.345678"), "1,234.5678%");
  EXPECT_EQ(PercentText("-0.05"), "-5%");
  EXPECT_EQ(PercentText("n/a"), "n/a");
}

TEST_F(TextTest, ThePaceSaysWhatIsDueAndWhereItLeads) {
  EXPECT_EQ(Row("Pace", "en"), "");
  transition_ = SampleTransition(v1::LEVEL_GREEN, v1::LEVEL_RED);
  transition_.set_currency("CNY");
  transition_.set_expected("52380.952381");
  transition_.set_pace_index("0.763636");
  transition_.set_gap("-12380.952381");
  transition_.set_projection("76363.636364");
  transition_.set_projected_completion("0.763636");
  transition_.set_required_rate("6000");
  EXPECT_EQ(Row("Due by now", "en"), "CNY 52,380.95");
  EXPECT_EQ(Row("Pace", "en"), "76.3636% (CNY -12,380.95)");
  EXPECT_EQ(Row("At this rate", "en"), "CNY 76,363.64 (76.3636%)");
  EXPECT_EQ(Row("Needed on each working day left", "en"), "CNY 6,000.00");
  EXPECT_EQ(Row("Attainable at most", "en"), "");
  EXPECT_EQ(Row("至今应达"), "52,380.95 元");
  EXPECT_EQ(Row("进度"), "76.3636%（-12,380.95 元）");
  transition_.set_gap("3");
  EXPECT_EQ(Row("进度"), "76.3636%（+3.00 元）");
}

}  // namespace
}  // namespace kpiwatch
