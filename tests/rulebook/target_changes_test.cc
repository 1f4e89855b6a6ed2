// Targets that are changed while their period lasts (S-09).
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kBase[] = R"(
calendars: [{name: cn, holidays: rules/calendars/cn-*.yaml}]
kpis:
  - {name: calls, owner: o, event: x, measure: count(), calendar: cn}
  - {name: spend, owner: o, event: y, measure: sum(data.x), direction: down, calendar: cn}
  - {name: hours, owner: o, event: y, measure: avg(data.x), calendar: cn}
targets:
)";

std::string Whole(const char* kpi = "calls", const char* target = "100") {
  return std::string("  - {kpi: ") + kpi + ", person: u1, period: 2026-06, target: " + target +
         "}\n";
}
std::string Change(const std::string& more, const char* kpi = "calls") {
  return std::string("  - {kpi: ") + kpi + ", person: u1, period: 2026-06, " + more + "}\n";
}

// The target of u1 in June 2026, which has 21 working days, eleven of them before the 16th.
std::string June(const std::string& targets) {
  const LoadResult result = LoadText(kBase + targets);
  EXPECT_THAT(Errors(result), IsEmpty());
  for (const Target& target : result.rulebook->targets) {
    if (target.period.kind == PeriodKind::kMonth) {
      return target.value.ToString();
    }
  }
  return "none";
}

std::vector<std::string> ErrorsOf(const std::string& targets) {
  return Errors(LoadText(kBase + targets));
}

constexpr char kLower[] =
    "target: 80, valid_from: 2026-06-16, mode: prorate, approved_by: d1, "
    "reason: 'force-majeure: 政策禁令'";

// S-09: 100→80 from day 12 of 21: 90.476.
TEST(TargetChanges, AChangeIsProratedByWorkingDays) {
  EXPECT_EQ(June(Whole() + Change(kLower)), "90.47619");
}

TEST(TargetChanges, TheOrderInTheFilesDoesNotMatter) {
  EXPECT_EQ(June(Change(kLower) + Whole()), "90.47619");
  // 100 on eleven days, 80 on five (the 19th is off), 120 on the last five.
  const std::string higher =
      Change("target: 120, valid_from: 2026-06-24, mode: prorate, approved_by: d1, reason: x");
  EXPECT_EQ(June(higher + Change(kLower) + Whole()), "100");
}

// S-09: an error is restated: as if it had always been so.
TEST(TargetChanges, AnErrorIsRestatedForTheWholePeriod) {
  const std::string restated =
      "target: 120, valid_from: 2026-06-16, mode: restate, approved_by: d1, reason: typing error";
  EXPECT_EQ(June(Whole() + Change(restated)), "120");
  EXPECT_EQ(June(Whole("hours") + Change(restated, "hours")), "120");
}

// S-09: only approved versions count.
TEST(TargetChanges, WhatNobodyHasApprovedDoesNotCount) {
  const LoadResult result = LoadText(
      kBase + Whole() + Change("target: 120, valid_from: 2026-06-16, mode: prorate, reason: x"));
  EXPECT_THAT(Errors(result), IsEmpty());
  EXPECT_THAT(Warnings(result),
              testing::Contains("9:5: the change of KPI 'calls' for person:u1 in 2026-06 does not "
                                "count: nobody has approved it ('approved_by')"));
  EXPECT_EQ(result.rulebook->targets[0].value.ToString(), "100");
}

// R-49: targets are not lowered.
TEST(TargetChanges, LoweringTakesForceMajeure) {
  const std::string lower =
      "target: 80, valid_from: 2026-06-16, mode: prorate, approved_by: d1, reason: slow month";
  EXPECT_THAT(ErrorsOf(Whole() + Change(lower)),
              ElementsAre("9:5: the target of KPI 'calls' for person:u1 in 2026-06 is lowered from "
                          "100 to 80; that takes a 'reason' that begins with force-majeure"));
  EXPECT_EQ(June(Whole("spend") + Change(lower, "spend")), "90.47619") << "less spend is more";
  EXPECT_THAT(ErrorsOf(Whole("spend", "50") + Change(lower, "spend")),
              ElementsAre("9:5: the target of KPI 'spend' for person:u1 in 2026-06 is lowered from "
                          "50 to 80; that takes a 'reason' that begins with force-majeure"));
}

TEST(TargetChanges, WhatIsSplitIsTheChangedTarget) {
  const LoadResult result = LoadText(
      kBase + Whole() +
      Change("target: 121, valid_from: 2026-06-16, mode: prorate, approved_by: d1, reason: x") +
      "  - {kpi: calls, split_of: {person: u1, period: 2026-06}, over: day, by: working_days}\n");
  EXPECT_THAT(Errors(result), IsEmpty());
  Decimal days;
  for (const Target& target : result.rulebook->targets) {
    days += target.period.kind == PeriodKind::kDay ? target.value : Decimal();
  }
  EXPECT_EQ(days.ToString(), "110");
}

TEST(TargetChanges, ATargetMaySayWhoApprovedItAndSinceWhen) {
  EXPECT_EQ(June(Change("target: 50, valid_from: 2026-06-01, approved_by: director01")), "50");
  EXPECT_EQ(June(Change("target: 50, approved_by: director01, reason: planned")), "50");
}

TEST(TargetChanges, MistakesAreToldWhereTheyStand) {
  const auto change = [](const std::string& more) { return ErrorsOf(Whole() + Change(more)); };
  EXPECT_THAT(change("target: 120, valid_from: 2026-06-16, reason: x"),
              ElementsAre("9:5: a target: 'mode' is missing"));
  EXPECT_THAT(change("target: 120, valid_from: 2026-06-16, mode: prorate"),
              ElementsAre("9:5: a target: 'reason' is missing"));
  EXPECT_THAT(change("target: 120, mode: prorate, reason: x"),
              ElementsAre("9:5: a target: 'valid_from' is missing"));
  EXPECT_THAT(change("target: 120, valid_from: 2026-06-16, mode: half, reason: x"),
              ElementsAre("9:90: 'mode': expected restate or prorate, found 'half'"));
  EXPECT_THAT(change("target: 120, valid_from: 2026-07-01, mode: prorate, reason: x"),
              ElementsAre("9:72: the period is over before 2026-07-01"));
  EXPECT_THAT(
      ErrorsOf(Whole("hours") +
               Change("target: 120, valid_from: 2026-06-16, mode: prorate, reason: x", "hours")),
      ElementsAre("9:90: the days of KPI 'hours' do not add up to its periods, so that its "
                  "target is not prorated; 'restate' it"));
  EXPECT_THAT(ErrorsOf(Change(kLower)),
              ElementsAre("8:5: KPI 'calls' for person:u1 in 2026-06 has no target of its own that "
                          "could be changed"));
}

}  // namespace
}  // namespace kpiwatch
