// What a message says of the periods that did not count between those that did (S-03, S-05).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

// Weeks: W07 and W09 around Spring Festival, u1 on leave in W09, u2 without a target in W10, u3 a
// manager in W09 to W10.
constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units: [{id: company, name: 全国}]
  people:
    - {id: u1, name: 一, unit: company, level: junior, leave: [{from: 2026-02-23, to: 2026-03-02}]}
    - {id: u2, name: 二, unit: company, level: junior}
    - {id: u3, name: 三, unit: company, level: junior, to: 2026-02-23}
    - {id: u3, name: 三, unit: company, level: chief, from: 2026-02-23, to: 2026-03-09}
    - {id: u3, name: 三, unit: company, level: junior, from: 2026-03-09}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
  - {name: orders, owner: ops, type: simple, event: erp.order.confirmed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: rate, owner: ops, type: ratio, numerator: orders, denominator: touches, calendar: cn}
targets:
  - {kpi: revenue, person: u1, period: 2026-W07, target: 100 CNY}
  - {kpi: revenue, person: u1, period: 2026-W09, target: 100 CNY}
  - {kpi: revenue, person: u1, period: 2026-W10, target: 100 CNY}
  - {kpi: revenue, person: u2, period: 2026-W09, target: 100 CNY}
  - {kpi: revenue, person: u2, period: 2026-W11, target: 100 CNY}
  - {kpi: revenue, person: u3, period: 2026-W08, target: 100 CNY}
  - {kpi: revenue, person: u3, period: 2026-W07, target: 100 CNY}
  - {kpi: revenue, person: u3, period: 2026-W09, target: 100 CNY}
  - {kpi: revenue, person: u3, period: 2026-W10, target: 100 CNY}
  - {kpi: revenue, person: u3, period: 2026-W11, target: 100 CNY}
  - {kpi: rate, person: u2, period: 2026-03-02, target: 50%}
  - {kpi: rate, person: u2, period: 2026-03-03, target: 50%}
  - {kpi: rate, person: u2, period: 2026-03-04, target: 50%}
rules:
  - name: weeks
    kpi: revenue
    for_each: person
    where: person.level == "junior"
    period: week
    max_gap_days: 60
    levels: {yellow: {when: miss_streak >= 2, notify: [owner]}}
  - name: days
    kpi: rate
    for_each: person
    period: day
    levels: {yellow: {when: miss_streak >= 2, notify: [owner]}}
)";

class SkippedTest : public testing::Test {
 protected:
  SkippedTest() {
    driver_.Touch("u2", At("2026-02-10T10:00"), 1);
    driver_.Touch("u2", At("2026-03-02T10:00"), 3);
    driver_.Touch("u2", At("2026-03-04T10:00"), 3);
    driver_.Heartbeat(At("2026-03-16T00:00"));
    driver_.Step();
  }

  // "period reason" of what did not count in the only fire of the rule for the person.
  std::vector<std::string> Skipped(std::string_view rule, std::string_view person) {
    std::vector<std::string> skipped;
    for (const v1::Transition& fired : driver_.transitions()) {
      if (fired.rule() == rule && fired.subject() == person) {
        for (const v1::SkippedPeriod& period : fired.skipped()) {
          skipped.push_back(period.period() + " " + period.reason());
        }
      }
    }
    return skipped;
  }

  CoreDriver driver_{kRules};
};

TEST_F(SkippedTest, WeeksWithoutWorkingDaysAndOfLeaveSaySo) {
  EXPECT_THAT(Skipped("weeks", "person:u1"),
              ElementsAre("2026-W08 not_applicable", "2026-W09 on_leave"));
}

TEST_F(SkippedTest, AWeekWithoutATargetSaysSo) {
  EXPECT_THAT(Skipped("weeks", "person:u2"), ElementsAre("2026-W10 no_target"));
}

TEST_F(SkippedTest, WeeksInWhichTheRuleDidNotLookSaySo) {
  EXPECT_THAT(
      Skipped("weeks", "person:u3"),
      ElementsAre("2026-W08 not_applicable", "2026-W09 not_watched", "2026-W10 not_watched"));
}

TEST_F(SkippedTest, ADayWithoutAValueSaysSo) {
  EXPECT_THAT(Skipped("days", "person:u2"), ElementsAre("2026-03-03 no_value"));
}

}  // namespace
}  // namespace kpiwatch
