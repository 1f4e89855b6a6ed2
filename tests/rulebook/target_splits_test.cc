// Targets that are parts of another one (S-10).
#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rulebook/testing.h"

namespace kpiwatch {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr char kBase[] = R"(
calendars: [{name: cn, holidays: rules/calendars/cn-*.yaml}]
org:
  units: [{id: company}, {id: sales, parent: company}, {id: product, parent: company},
          {id: marketing, parent: company}]
  people: [{id: u1, unit: sales}, {id: u2, unit: sales}, {id: u3, unit: sales}]
kpis:
  - {name: calls, owner: o, event: x, measure: count(), calendar: cn}
  - {name: revenue, owner: o, event: y, measure: sum(data.amount), currency: CNY, calendar: cn}
  - {name: basket, owner: o, event: y, measure: avg(data.amount), currency: CNY, calendar: cn}
targets:
)";

// Of each target "subject period" and its value.
std::map<std::string, std::string> Targets(const std::string& targets) {
  std::map<std::string, std::string> all;
  const auto book = MustLoad(kBase + targets);
  for (const Target& target : book->targets) {
    all[target.subject + " " + target.period.ToString()] = target.value.ToString();
  }
  return all;
}

std::vector<std::string> ErrorsOf(const std::string& targets) {
  return Errors(LoadText(kBase + targets));
}

constexpr char kYear[] = "  - {kpi: revenue, unit: company, period: 2026, target: 100000000 CNY}\n";

// S-10, R-58: sales 60 %, product 30 %, marketing 10 %.
TEST(TargetSplits, UnitsGetTheirRatio) {
  EXPECT_THAT(
      Targets(std::string(kYear) +
              "  - {kpi: revenue, split_of: {unit: company, period: 2026}, by: ratio, "
              "into: {sales: 60%, product: 30%, marketing: 10%}}\n"),
      ElementsAre(Pair("unit:company 2026", "100000000"), Pair("unit:marketing 2026", "10000000"),
                  Pair("unit:product 2026", "30000000"), Pair("unit:sales 2026", "60000000")));
}

// S-10: largest remainder, so that the children make up the parent to the last unit.
TEST(TargetSplits, PeopleGetWholeUnitsThatMakeUpTheWhole) {
  const auto thirds = Targets(
      "  - {kpi: calls, unit: sales, period: 2026-06, target: 100}\n"
      "  - {kpi: calls, split_of: {unit: sales, period: 2026-06}, by: ratio, "
      "into: {u1: 33.33%, u2: 33.33%, person:u3: 33.34%}}\n");
  EXPECT_EQ(thirds.at("person:u1 2026-06"), "33");
  EXPECT_EQ(thirds.at("person:u2 2026-06"), "33");
  EXPECT_EQ(thirds.at("person:u3 2026-06"), "34");
  const auto money = Targets(
      "  - {kpi: revenue, unit: sales, period: 2026-06, target: 0.10 CNY}\n"
      "  - {kpi: revenue, split_of: {unit: sales, period: 2026-06}, by: ratio, "
      "into: {u1: 33.33%, u2: 33.33%, u3: 33.34%}}\n");
  EXPECT_EQ(money.at("person:u3 2026-06"), "0.04");
  EXPECT_EQ(money.at("person:u1 2026-06"), "0.03");
}

// S-10: by working days; June 2026 has 21 of the quarter's 61.
TEST(TargetSplits, MonthsGetTheirWorkingDays) {
  const auto months = Targets(
      "  - {kpi: calls, unit: company, period: 2026-Q2, target: 610}\n"
      "  - {kpi: calls, split_of: {unit: company, period: 2026-Q2}, over: month, "
      "by: working_days}\n");
  EXPECT_EQ(months.at("unit:company 2026-04"), "210");
  EXPECT_EQ(months.at("unit:company 2026-05"), "190");
  EXPECT_EQ(months.at("unit:company 2026-06"), "210");
}

TEST(TargetSplits, DaysThatDoNotWorkHaveNoPart) {
  const auto days = Targets(
      "  - {kpi: calls, person: u1, period: 2026-W25, target: 10}\n"
      "  - {kpi: calls, split_of: {person: u1, period: 2026-W25}, over: day, "
      "by: working_days}\n");
  EXPECT_THAT(days,
              ElementsAre(Pair("person:u1 2026-06-15", "3"), Pair("person:u1 2026-06-16", "3"),
                          Pair("person:u1 2026-06-17", "2"), Pair("person:u1 2026-06-18", "2"),
                          Pair("person:u1 2026-W25", "10")));
}

TEST(TargetSplits, PeriodsGetARatioOrWhatIsSaid) {
  const auto quarters = Targets(
      std::string(kYear) +
      "  - {kpi: revenue, split_of: {unit: company, period: 2026}, over: quarter, by: ratio, "
      "into: {2026-Q1: 20%, 2026-Q2: 25%, 2026-Q3: 25%, 2026-Q4: 30%}}\n");
  EXPECT_EQ(quarters.at("unit:company 2026-Q4"), "30000000");
  const auto explicitly = Targets(
      "  - {kpi: calls, unit: company, period: 2026-Q2, target: 600}\n"
      "  - {kpi: calls, split_of: {unit: company, period: 2026-Q2}, over: month, by: explicit, "
      "into: {2026-04: 100, 2026-05: 200, 2026-06: 300}}\n");
  EXPECT_EQ(explicitly.at("unit:company 2026-05"), "200");
}

// S-10: locked children are excluded, and the others share the remainder.
TEST(TargetSplits, WhatIsLockedIsLeftOutOfTheRatio) {
  const auto targets = Targets(
      "  - {kpi: calls, unit: company, period: 2026, target: 1000}\n"
      "  - {kpi: calls, split_of: {unit: company, period: 2026}, by: ratio, "
      "into: {sales: 60%, product: 30%, marketing: 10%}, locked: {product: 230}}\n");
  EXPECT_EQ(targets.at("unit:product 2026"), "230");
  EXPECT_EQ(targets.at("unit:sales 2026"), "660");
  EXPECT_EQ(targets.at("unit:marketing 2026"), "110");
}

// S-10: what is not allocated is a node with a name.
TEST(TargetSplits, WhatIsLeftHasAName) {
  const auto ratio = Targets(
      "  - {kpi: calls, unit: company, period: 2026, target: 1000}\n"
      "  - {kpi: calls, split_of: {unit: company, period: 2026}, by: ratio, "
      "into: {sales: 60%, product: 30%}, unallocated: reserve}\n");
  EXPECT_EQ(ratio.at("unit:reserve 2026"), "100");
  EXPECT_EQ(ratio.at("unit:sales 2026"), "600");
  const auto locked = Targets(
      "  - {kpi: calls, unit: company, period: 2026, target: 1000}\n"
      "  - {kpi: calls, split_of: {unit: company, period: 2026}, by: ratio, "
      "into: {sales: 60%, product: 30%}, locked: {product: 300}, unallocated: reserve}\n");
  EXPECT_EQ(locked.at("unit:sales 2026"), "600");
  EXPECT_EQ(locked.at("unit:reserve 2026"), "100");
  const auto explicitly = Targets(
      "  - {kpi: calls, unit: company, period: 2026, target: 1000}\n"
      "  - {kpi: calls, split_of: {unit: company, period: 2026}, by: explicit, "
      "into: {sales: 600, product: 300}, unallocated: reserve}\n");
  EXPECT_EQ(explicitly.at("unit:reserve 2026"), "100");
}

TEST(TargetSplits, APartIsSplitAgainWhateverTheOrder) {
  const auto targets = Targets(
      "  - {kpi: calls, split_of: {person: u1, period: 2026-06}, over: week, by: working_days}\n"
      "  - {kpi: calls, split_of: {person: u1, period: 2026-W24}, over: day, by: working_days}\n"
      "  - {kpi: calls, split_of: {unit: sales, period: 2026-06}, by: ratio, "
      "into: {u1: 50%, u2: 50%}}\n"
      "  - {kpi: calls, split_of: {unit: sales, period: 2026-Q2}, over: month, by: working_days}\n"
      "  - {kpi: calls, unit: sales, period: 2026-Q2, target: 12200}\n");
  EXPECT_EQ(targets.at("unit:sales 2026-06"), "4200");
  EXPECT_EQ(targets.at("person:u1 2026-06"), "2100");
  EXPECT_EQ(targets.at("person:u1 2026-W24"), "500");
  EXPECT_EQ(targets.at("person:u1 2026-06-09"), "100");
}

TEST(TargetSplits, MistakesAreToldWhereTheyStand) {
  const std::string whole = "  - {kpi: calls, unit: company, period: 2026, target: 100}\n";
  const auto split = [&](const std::string& how) {
    return ErrorsOf(whole + "  - {kpi: calls, split_of: {unit: company, period: 2026}, " + how +
                    "}\n");
  };
  EXPECT_THAT(split("by: ratio, into: {sales: 60%, product: 30%}"),
              ElementsAre("13:76: the shares make up 90%, not 100%; name who holds the rest by "
                          "'unallocated'"));
  EXPECT_THAT(split("by: ratio, into: {sales: 80%, product: 30%}"),
              ElementsAre("13:76: the shares make up 110%, not 100%"));
  EXPECT_THAT(split("by: ratio, into: {sales: 60%, prodct: 40%}"),
              ElementsAre("13:89: the org has no unit or person 'prodct'"));
  EXPECT_THAT(split("by: ratio, into: {sales: 60, product: 40%}"),
              ElementsAre("13:84: 'sales': expected a share such as 15%, found '60'"));
  EXPECT_THAT(split("by: explicit, into: {sales: 60, product: 50}"),
              ElementsAre("13:5: the parts are given 110, more than the 100 of 2026"));
  EXPECT_THAT(split("by: explicit, into: {sales: 60, product: 30}"),
              ElementsAre("13:5: the parts leave 10 of 2026; name who holds it by 'unallocated'"));
  EXPECT_THAT(split("by: ratio, into: {sales: 60%, unit:sales: 40%}"),
              ElementsAre("13:89: 'unit:sales' stands twice"));
  EXPECT_THAT(split("by: ratio, into: {}"), ElementsAre("13:76: 'into' names no part"));
  EXPECT_THAT(split("by: ratio"), ElementsAre("13:5: a target: 'into' is missing"));
  EXPECT_THAT(split("by: working_days"), ElementsAre("13:5: a target: 'over' is missing"));
  EXPECT_THAT(split("by: curve, of: 2025"),
              ElementsAre("13:63: 'by': 'curve' is not supported by this version",
                          "13:70: a target: 'of' is not supported by this version"));
  EXPECT_THAT(split("over: quarter, by: ratio, into: {2025-Q1: 100%}"),
              ElementsAre("13:92: expected a quarter in the period that is split, found "
                          "'2025-Q1'"));
  EXPECT_THAT(split("over: quarter, by: ratio, into: {2026-01: 100%}"),
              ElementsAre("13:92: expected a quarter in the period that is split, found "
                          "'2026-01'"));
  EXPECT_THAT(split("over: quarter, by: working_days, unallocated: rest"),
              ElementsAre("13:105: 'unallocated' is for parts that are people or units"));
  EXPECT_THAT(split("over: month, by: working_days, into: {2026-01: 1}"),
              ElementsAre("13:96: 'by: working_days' shares out by itself; parts that are named "
                          "are 'by: ratio' or 'by: explicit'"));
  EXPECT_THAT(ErrorsOf("  - {kpi: calls, split_of: {unit: company, period: 2026-06}, "
                       "over: quarter, by: working_days}\n"),
              ElementsAre("12:28: 2026-06 cannot be split over quarters"));
  EXPECT_THAT(ErrorsOf("  - {kpi: calls, split_of: {unit: company, period: 2026-06}, by: ratio, "
                       "into: {sales: 100%}}\n"),
              ElementsAre("12:5: KPI 'calls' has no target for unit:company in 2026-06 that could "
                          "be split"));
  EXPECT_THAT(ErrorsOf("  - {kpi: basket, unit: company, period: 2026, target: 5 CNY}\n"
                       "  - {kpi: basket, split_of: {unit: company, period: 2026}, by: ratio, "
                       "into: {sales: 100%}}\n"),
              ElementsAre("13:29: parts of KPI 'basket' do not add up to what is split; give them "
                          "targets of their own"));
}

TEST(TargetSplits, LockedPartsKeepToTheLastDigit) {
  EXPECT_THAT(ErrorsOf("  - {kpi: calls, unit: company, period: 2026, target: 100}\n"
                       "  - {kpi: calls, split_of: {unit: company, period: 2026}, by: ratio, "
                       "into: {sales: 100%}, locked: {product: 0.5}}\n"),
              ElementsAre("13:5: the locked parts leave 99.5, which is no multiple of 1"));
}

}  // namespace
}  // namespace kpiwatch
