// An end that no figure brought about says all the same what the figure is, and the target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/told_rules.h"

namespace kpiwatch {
namespace {

// "reason value/target completion" of the last end.
std::string LastEnd(const CoreDriver& driver) {
  v1::Transition ended;
  for (const v1::Transition& told : driver.transitions()) {
    if (told.to_level() == v1::LEVEL_GREEN) {
      ended = told;
    }
  }
  return v1::Reason_Name(ended.reason()).substr(7) + " " + ended.value() + "/" + ended.target() +
         " " + ended.completion();
}

std::string Intraday() { return Edited("evaluate: on_close", "evaluate: intraday"); }

TEST(EndsTest, OfAPeriodSayWhatItCameTo) {
  CoreDriver driver(Intraday());
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Step();
  ASSERT_EQ(driver.transitions().size(), 1U);
  driver.Order("u102", At("2026-11-11T10:00"), "20");  // red as before
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "PERIOD_CLOSED 30/100 0.300000");
}

TEST(EndsTest, OfARemovedRuleSayWhatTheLastPeriodSaid) {
  CoreDriver driver(kToldRules);
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  driver.Reload(Edited("name: week", "name: weak"));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "RULE_REMOVED 10/100 0.100000");
}

TEST(EndsTest, OfARemovedLiveRuleSayHowThePeriodStands) {
  CoreDriver driver(Intraday());
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Step();
  driver.Order("u102", At("2026-11-11T10:00"), "20");
  driver.Step();
  const std::string display = Edited("name: week", "name: weak", Intraday());
  driver.Reload(
      Edited("completion < 70%", "value < 0", Edited("completion < 40%", "value < 0", display)));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "RULE_REMOVED 30/100 0.300000");
}

TEST(EndsTest, OfAKpiThatIsRemovedWithItsRuleSayWhatWasSaidLast) {
  CoreDriver driver(Intraday());
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Step();
  driver.Reload(
      absl::StrReplaceAll(Edited("name: week", "name: weak", Intraday()), {{"revenue", "profit"}}));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "RULE_REMOVED 10/ ");
}

TEST(EndsTest, OfAPeriodWhoseKpiBecameAnotherSayWhatWasSaidLast) {
  CoreDriver driver(Intraday());
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Step();
  driver.Reload(Edited("sum(data.amount)", "sum(data.amount * 2)", Intraday()));
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "PERIOD_CLOSED 10/ ");
}

TEST(EndsTest, OfATargetThatIsTakenAwaySayTheFigureWithoutIt) {
  CoreDriver driver(Intraday());
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Step();
  driver.Reload(Edited("{kpi: revenue, person: u102, period: 2026-W46",
                       "{kpi: revenue, person: u100, period: 2026-W46", Intraday()));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "NO_LONGER_COVERED 10/ ");
}

TEST(EndsTest, OfWhoHasLeftSayWhatHisLastPeriodSaid) {
  CoreDriver driver(Edited("name: 王一, unit: east, level: junior",
                           "name: 王一, unit: east, level: junior, to: 2026-11-16"));
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "NO_LONGER_COVERED 10/100 0.100000");
}

TEST(EndsTest, OfARuleThatIsAboutAnotherKpiSayNoFigureOfIt) {
  const std::string rules = Edited("targets:\n", R"(
  - {name: profit, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
targets:
)");
  CoreDriver driver(rules);
  driver.Order("u102", At("2026-11-10T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  driver.Reload(Edited("kpi: revenue\n    for_each: person", "kpi: profit\n    for_each: person",
                       Edited("period: week\n", "period: month\n", rules)));
  driver.Step();
  EXPECT_EQ(LastEnd(driver), "RULE_CHANGED / ");
}

}  // namespace
}  // namespace kpiwatch
