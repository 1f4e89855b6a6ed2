// The shipped pack loads, and says what it should.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

LoadResult LoadPack() {
  const auto files = ReadRuleFiles({"rules/behaviour"}, ".");
  EXPECT_TRUE(files.ok()) << files.status();
  return LoadRulebook(*files);
}

TEST(BehaviourPack, LoadsWithoutFindings) {
  const LoadResult result = LoadPack();
  EXPECT_THAT(Errors(result), IsEmpty());
  EXPECT_THAT(Warnings(result), IsEmpty());
  ASSERT_NE(result.rulebook, nullptr);
}

TEST(BehaviourPack, HasTheFloorsOfEveryLevel) {
  const auto book = LoadPack().rulebook;
  const Kpi& verdict = book->kpis[*book->FindKpi("key_actions")];
  EXPECT_EQ(verdict.type, KpiType::kVerdict);
  ASSERT_THAT(verdict.all_of, SizeIs(4));
  EXPECT_EQ(book->kpis[verdict.all_of[0]].name, "customer_touches");
  ASSERT_THAT(verdict.floors, SizeIs(3));
  EXPECT_EQ(verdict.floors[0].level, "junior");
  EXPECT_EQ(verdict.floors[0].values[0], Decimal::FromInt(8));
  EXPECT_EQ(verdict.floors[2].level, "senior");
  EXPECT_EQ(verdict.floors[2].values[3], Decimal::FromInt(3));
  EXPECT_THAT(verdict.periods, ElementsAre(PeriodKind::kDay));
}

TEST(BehaviourPack, HasTheThreeLevels) {
  const auto book = LoadPack().rulebook;
  ASSERT_THAT(book->rules, SizeIs(3));
  const Rule& slipping = book->rules[0];
  EXPECT_EQ(slipping.name, "actions-slipping");
  ASSERT_THAT(slipping.tiers, SizeIs(2));
  EXPECT_EQ(slipping.tiers[0].level, Level::kYellow);
  EXPECT_EQ(slipping.tiers[0].when.source(), "miss_streak >= 2");
  EXPECT_EQ(slipping.tiers[1].grant, "senior_assist");
  EXPECT_EQ(slipping.tiers[1].grant_title.zh, "资深同事协助权限");
  EXPECT_EQ(book->playbooks[*slipping.tiers[1].open].due_working_days, 1);
  const Rule& week = book->rules[1];
  EXPECT_EQ(week.period, PeriodKind::kWeek);
  EXPECT_EQ(week.tiers[0].clear->source(), "completion >= 45%");
  ASSERT_THAT(week.tiers[0].notify, SizeIs(3));
  EXPECT_EQ(week.tiers[0].notify[2].steps, 2);
  const Rule& display = book->rules[2];
  EXPECT_EQ(display.evaluate, EvaluateMode::kIntraday);
  EXPECT_THAT(display.tiers[0].notify, IsEmpty());
}

TEST(BehaviourPack, SpeaksBothLanguages) {
  const auto book = LoadPack().rulebook;
  for (const Rule& rule : book->rules) {
    EXPECT_FALSE(rule.annotations.empty()) << rule.name;
    for (const auto& [name, text] : rule.annotations) {
      EXPECT_NE(text.zh, "") << rule.name << " " << name;
      EXPECT_NE(text.en, "") << rule.name << " " << name;
    }
  }
}

TEST(BehaviourPack, ClosesAtEightWithTheHolidaysOfChina) {
  const auto book = LoadPack().rulebook;
  const BusinessCalendar& calendar = book->calendars[0];
  EXPECT_EQ(calendar.options().day_close, absl::Hours(20));
  EXPECT_EQ(calendar.options().working_hours.back().second, absl::Hours(18));
  EXPECT_FALSE(calendar.IsWorkingDay(*Day::Parse("2026-10-07")));
  EXPECT_TRUE(calendar.IsWorkingDay(*Day::Parse("2026-10-10")));
}

TEST(BehaviourPack, FindsManagersAndTargets) {
  const auto book = LoadPack().rulebook;
  const Day day = *Day::Parse("2026-09-28");
  EXPECT_EQ(book->org.ManagerOf("u102", day, 1), "u100");
  EXPECT_EQ(book->org.ManagerOf("u102", day, 2), "u001");
  EXPECT_EQ(book->org.ManagerOf("u100", day, 1), "u001");
  EXPECT_EQ(book->org.ManagerOf("u001", day, 1), "");
  const KpiIndex revenue = *book->FindKpi("revenue");
  const Period week = *book->calendars[0].ParsePeriod("2026-W38");
  ASSERT_NE(book->FindTarget(revenue, "person:u102", week), nullptr);
  EXPECT_EQ(book->FindTarget(revenue, "person:u102", week)->value, Decimal::FromInt(50000));
  EXPECT_EQ(book->FindTarget(revenue, "person:u001", week), nullptr);
}

}  // namespace
}  // namespace kpiwatch
