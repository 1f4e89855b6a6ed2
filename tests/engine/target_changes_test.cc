// A target that is changed while its period lasts, or after it (S-09).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kOnClose =
    "evaluate: on_close, levels: {red: {when: completion < 50%, clear: completion >= 60%}}";
constexpr std::string_view kIntraday =
    "evaluate: intraday, levels: {red: {when: completion < 50%, clear: completion >= 60%}}";

// The month's revenue of u1 against 100 CNY, and what is said of that later.
std::string Rules(std::string_view rule, std::string_view change = "") {
  return fmt::format(R"(
calendars:
  - {{name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}}
kpis:
  - {{name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}}
targets:
  - {{kpi: revenue, person: u1, period: 2026-06, target: 100 CNY}}
{1}
rules:
  - {{name: month, kpi: revenue, for_each: person, period: month, {0}}}
)",
                     rule, change);
}

constexpr std::string_view kChange =
    "  - {kpi: revenue, person: u1, period: 2026-06, target: 122 CNY, valid_from: 2026-06-16, "
    "mode: prorate, approved_by: d1, reason: a new shop}";

TEST(TargetChangesTest, AnOpenPeriodIsLookedAtAgainByTheChangedTarget) {
  CoreDriver driver(Rules(kIntraday));
  driver.Order("u1", At("2026-06-02T10:00"), "53");
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Reload(Rules(kIntraday, kChange));  // 100 on eleven days and 122 on ten
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("month person:u1 2026-06 green>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].target(), "110.47619");
}

TEST(TargetChangesTest, AJudgedPeriodKeepsItsTarget) {
  CoreDriver driver(Rules(kOnClose));
  driver.Order("u1", At("2026-06-02T10:00"), "53");
  driver.Heartbeat(At("2026-07-01T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  driver.Reload(Rules(kOnClose, kChange));
  driver.Step();
  driver.Order("u1", At("2026-06-03T10:00"), "1");  // late: it is judged again
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
  const Period june{PeriodKind::kMonth, *Day::Parse("2026-06-01"), *Day::Parse("2026-07-01")};
  const auto value =
      driver.core().ReadValue(0, *driver.core().subjects().FindByName("person:u1"), june);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->reading.target->ToString(), "100");
}

TEST(TargetChangesTest, WhatWasToldOfItStands) {
  CoreDriver driver(Rules(kOnClose));
  driver.Order("u1", At("2026-06-02T10:00"), "49");
  driver.Heartbeat(At("2026-07-01T00:00"));
  driver.Step();
  ASSERT_THAT(driver.log(), ElementsAre("month person:u1 2026-06 green>red THRESHOLD"));
  driver.Forget();
  driver.Reload(
      Rules(kOnClose,
            "  - {kpi: revenue, person: u1, period: 2026-06, target: 60 CNY, valid_from: "
            "2026-06-01, mode: restate, approved_by: d1, reason: 'force-majeure: flood'}"));
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

}  // namespace
}  // namespace kpiwatch
