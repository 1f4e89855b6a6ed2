// The notice of a year's holidays comes when some of its days are judged (S-02): what was judged
// stands, also against the target that it was judged by; what is open follows the notice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// January has 22 working days before the notice of 2026, and 21 with it: 21 or 22 a day.
std::string Rules(const std::string& holidays) {
  return "calendars: [{name: cn, day_close: \"20:00\", holidays: [" + holidays + R"(]}]
kpis:
  - {name: orders, owner: ops, event: erp.order.confirmed, measure: sum(data.amount),
     currency: CNY, subject: data.owner_id, calendar: cn}
targets:
  - {kpi: orders, person: u1, period: 2026-01, target: 462 CNY}
  - {kpi: orders, split_of: {person: u1, period: 2026-01}, over: week, by: working_days}
rules:
  - name: week-behind
    kpi: orders
    for_each: person
    period: week
    levels:
      red: {when: completion < 100%, clear: completion >= 100%}
)";
}
const std::string kBefore = Rules("rules/calendars/cn-2025.yaml");
const std::string kAfter = Rules("rules/calendars/cn-2025.yaml, rules/calendars/cn-2026.yaml");

class LateNoticeTest : public testing::Test {
 protected:
  std::string TargetOf(const char* week) {
    Core& core = driver_.core();
    const Period period = *core.rulebook().calendars[0].ParsePeriod(week);
    const auto value = core.ReadValue(0, *core.subjects().FindByName("person:u1"), period);
    EXPECT_TRUE(value.ok()) << value.status();
    return value->reading.target ? value->reading.target->ToString() : "none";
  }
  CoreDriver driver_{kBefore};
};

TEST_F(LateNoticeTest, JudgedWeeksKeepTheirTargetOpenOnesFollowTheNotice) {
  driver_.Order("u1", At("2026-01-06T10:00"), "104");
  driver_.Heartbeat(At("2026-01-12T12:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), ElementsAre("week-behind person:u1 2026-W02 green>red THRESHOLD"));
  EXPECT_EQ(TargetOf("2026-W02"), "105");
  EXPECT_EQ(TargetOf("2026-W03"), "105");
  driver_.Reload(kAfter);
  driver_.Step();
  EXPECT_EQ(TargetOf("2026-W02"), "105");
  EXPECT_EQ(TargetOf("2026-W03"), "110");
}

TEST_F(LateNoticeTest, ACorrectionJudgesByTheTargetOfThen) {
  driver_.Order("u1", At("2026-01-06T10:00"), "104");
  driver_.Heartbeat(At("2026-01-12T12:00"));
  driver_.Step();
  driver_.Reload(kAfter);
  driver_.Forget();
  driver_.Order("u1", At("2026-01-07T10:00"), "1");
  driver_.Step();
  EXPECT_THAT(driver_.log(), ElementsAre("week-behind person:u1 2026-W02 red>green RESTATED"));
}

TEST_F(LateNoticeTest, TheNextWeekIsJudgedByTheNotice) {
  driver_.Order("u1", At("2026-01-06T10:00"), "105");
  driver_.Heartbeat(At("2026-01-12T12:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), IsEmpty());
  driver_.Reload(kAfter);
  driver_.Order("u1", At("2026-01-13T10:00"), "109");
  driver_.Heartbeat(At("2026-01-19T12:00"));
  driver_.Step();
  EXPECT_THAT(driver_.log(), ElementsAre("week-behind person:u1 2026-W03 green>red THRESHOLD"));
}

}  // namespace
}  // namespace kpiwatch
