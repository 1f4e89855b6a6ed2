// Rules on periods that are still open, where any event may matter: what they tell does not depend
// on how many events a step takes (D-08).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "fmt/format.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kCompany = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: company}
    - {id: east, name: east, parent: company}
    - {id: west, name: west, parent: company}
  people:
    - {id: u1, name: u1, unit: east, level: junior}
    - {id: u2, name: u2, unit: east, level: junior}
    - {id: u3, name: u3, unit: west, level: junior}
kpis:
  - {name: touches, owner: ops, type: simple, event: crm.activity.completed, measure: count(),
     subject: data.owner_id, calendar: cn}
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     reverse: erp.order.cancelled, measure: sum(data.amount), currency: CNY,
     subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u1, period: 2026-11, target: 100 CNY}
  - {kpi: revenue, person: u2, period: 2026-11, target: 300 CNY}
  - {kpi: revenue, person: u3, period: 2026-11, target: 100 CNY}
  - {kpi: revenue, unit: east, period: 2026-11, target: 400 CNY}
  - {kpi: revenue, unit: company, period: 2026-11, target: 500 CNY}
  - {kpi: revenue, person: u1, from: 2026-11-02, to: 2026-11-12, target: 80 CNY}
rules:
)";

constexpr std::string_view kProgress = R"(
  - name: progress
    kpi: revenue
    for_each: person
    period: month
    evaluate: intraday
    levels:
      red: {when: completion < 50%, clear: completion >= 50%}
)";

constexpr std::string_view kMany = R"(
  - name: progress
    kpi: revenue
    for_each: person
    period: month
    evaluate: intraday
    levels:
      yellow: {when: completion < 90%, clear: completion >= 95%}
      orange: {when: completion < 60%}
      red: {when: completion < 50%, clear: completion >= 50%}
  - name: units
    kpi: revenue
    for_each: unit
    period: month
    evaluate: intraday
    levels:
      yellow: {when: completion < 60%, clear: completion >= 70%}
      red: {when: value < 40 || value > 350, clear: value >= 100 && value < 200}
  - name: stretch
    kpi: revenue
    for_each: person
    period: target
    evaluate: intraday
    clear_after: 1
    levels:
      orange: {when: completion < 50%}
      red: {when: completion > 100%, clear: completion < 100%}
  - name: quiet
    kpi: touches
    for_each: person
    period: week
    evaluate: intraday
    levels:
      yellow: {when: value < 3, clear: count >= 4}
      red: {when: value == 5, clear: value > 5}
  - name: team
    kpi: touches
    for_each: unit
    period: day
    evaluate: intraday
    levels:
      orange: {when: value < 2, clear: value >= 3}
)";

std::string Company(std::string_view rules) { return std::string(kCompany) + std::string(rules); }

using Send = std::function<void(CoreDriver*)>;

// Where the ladders turned, by rule, subject and period: the tiers that were passed on the way up
// or down are left out, because a step tells only where it ends (D-09).
using Turns = std::map<std::tuple<std::string, std::string, std::string>, std::vector<v1::Level>>;

Turns TurnsOf(const CoreDriver& driver) {
  Turns turns;
  for (const v1::Transition& t : driver.transitions()) {
    std::vector<v1::Level>& levels = turns[{t.rule(), t.subject(), t.period()}];
    if (levels.empty()) {
      levels.push_back(v1::LEVEL_GREEN);
    }
    EXPECT_EQ(levels.back(), t.from_level()) << t.ShortDebugString();
    const size_t n = levels.size();
    if (n > 1 && (levels[n - 2] < levels[n - 1]) == (t.from_level() < t.to_level())) {
      levels.pop_back();
    }
    levels.push_back(t.to_level());
  }
  return turns;
}

// Steps end where `ends` says so, by number of event, and after the last one.
Turns Told(const std::string& rules, const std::vector<Send>& events,
           const std::function<bool(size_t)>& ends) {
  CoreDriver driver(rules);
  for (size_t e = 0; e < events.size(); ++e) {
    events[e](&driver);
    if (ends(e)) {
      driver.Step();
    }
  }
  driver.Step();
  return TurnsOf(driver);
}

Send Order(std::string owner, std::string amount) {
  return
      [owner, amount](CoreDriver* driver) { driver->Order(owner, At("2026-11-02T10:00"), amount); };
}

TEST(OpenWalkTest, ALevelThatHeldBetweenTwoEventsOfAStepIsTold) {
  CoreDriver driver(Company(kProgress));
  driver.Order("u1", At("2026-11-02T10:00"), "10", "a");
  driver.Order("u1", At("2026-11-03T11:00"), "20", "b");
  driver.Order("u1", At("2026-11-04T12:00"), "30", "c");
  driver.Order("u1", At("2026-11-04T13:00"), "5", "d");
  driver.Step();

  ASSERT_THAT(driver.log(), ElementsAre("progress person:u1 2026-11 green>red THRESHOLD",
                                        "progress person:u1 2026-11 red>green THRESHOLD"));
  const v1::Transition& red = driver.transitions()[0];
  EXPECT_EQ(red.cause_event_id(), "a");
  EXPECT_EQ(red.value(), "10");
  EXPECT_EQ(red.completion(), "0.100000");
  EXPECT_EQ(red.at_unix_ms(), absl::ToUnixMillis(At("2026-11-02T10:00")));
  const v1::Transition& end = driver.transitions()[1];
  EXPECT_EQ(end.cause_event_id(), "c");
  EXPECT_EQ(end.value(), "65");  // the level is still that of what the step left
}

TEST(OpenWalkTest, ALatchWithoutClearKeepsWhatHeldBetween) {
  CoreDriver driver(Company(R"(
  - name: progress
    kpi: revenue
    for_each: person
    period: month
    evaluate: intraday
    levels:
      yellow: {when: completion < 90%}
      red: {when: completion < 50%}
)"));
  driver.Order("u1", At("2026-11-02T10:00"), "60", "a");
  driver.Send("erp.order.cancelled", "b", At("2026-11-02T11:00"),
              R"({"owner_id":"u1","amount":{"amount":"20","currency":"CNY"}})");
  driver.Order("u1", At("2026-11-02T12:00"), "80", "c");
  driver.Step();

  ASSERT_THAT(driver.log(), ElementsAre("progress person:u1 2026-11 green>red THRESHOLD"));
  EXPECT_EQ(driver.transitions()[0].cause_event_id(), "b");
  EXPECT_EQ(driver.transitions()[0].value(), "40");  // the step's end does not say red
}

TEST(OpenWalkTest, UnitsAreWalkedInTheOrderOfTheirPeoplesEvents) {
  CoreDriver driver(Company(R"(
  - name: units
    kpi: revenue
    for_each: unit
    period: month
    evaluate: intraday
    levels:
      red: {when: value > 100 && value < 200, clear: value >= 200}
)"));
  driver.Order("u2", At("2026-11-03T10:00"), "60", "a");
  driver.Order("u3", At("2026-11-02T11:00"), "70", "b");
  driver.Order("u1", At("2026-11-02T12:00"), "50", "c");
  driver.Order("u3", At("2026-11-04T12:00"), "40", "d");
  driver.Step();

  EXPECT_THAT(driver.log(), UnorderedElementsAre("units unit:east 2026-11 green>red THRESHOLD",
                                                 "units unit:west 2026-11 green>red THRESHOLD",
                                                 "units unit:company 2026-11 green>red THRESHOLD",
                                                 "units unit:company 2026-11 red>green THRESHOLD"));
  std::map<std::string, std::string> causes;
  for (const v1::Transition& t : driver.transitions()) {
    causes[t.subject()] += t.cause_event_id() + "=" + t.value() + " ";
  }
  EXPECT_EQ(causes["unit:east"], "c=110 ");
  EXPECT_EQ(causes["unit:west"], "d=110 ");
  EXPECT_EQ(causes["unit:company"], "b=130 d=220 ");
}

TEST(OpenWalkTest, AnEventThatTakesAnothersPlaceIsOneMove) {
  for (const bool cut : {false, true}) {
    CoreDriver driver(Company(R"(
  - name: progress
    kpi: revenue
    for_each: person
    period: month
    evaluate: intraday
    levels:
      yellow: {when: completion < 60%, clear: completion >= 60%}
      red: {when: completion < 10%, clear: completion >= 10%}
)"),
                      {.highest_sequence_wins = true});
    driver.sequence = 1;
    driver.Order("u1", At("2026-11-02T10:00"), "30", "a");
    if (cut) {
      driver.Step();
    }
    driver.sequence = 2;
    driver.Order("u1", At("2026-11-02T10:00"), "70", "a");
    driver.Step();
    // Between the two nothing is left of the first, and that moment is nobody's.
    EXPECT_THAT(driver.log(), ElementsAre("progress person:u1 2026-11 green>yellow THRESHOLD",
                                          "progress person:u1 2026-11 yellow>green THRESHOLD"))
        << cut;
  }
}

TEST(OpenWalkTest, AFactThatWaitedForASealMovesTheMonthThatIsStillOpen) {
  CoreDriver driver(Company(kProgress));
  driver.Order("u1", At("2026-11-02T10:00"), "10", "a");
  driver.Heartbeat(At("2026-11-03T00:00"));
  driver.Order("u1", At("2026-11-02T11:00"), "60", "late");
  driver.Step();
  driver.Step();
  // The others have sold nothing when the day seals.
  ASSERT_THAT(driver.log(), ElementsAre("progress person:u1 2026-11 green>red THRESHOLD",
                                        "progress person:u2 2026-11 green>red THRESHOLD",
                                        "progress person:u3 2026-11 green>red THRESHOLD",
                                        "progress person:u1 2026-11 red>green THRESHOLD"));
  EXPECT_EQ(driver.transitions()[3].cause_event_id(), "");
}

// R-12: what a day that seals proves is the zero up to that day, whatever has come since.
TEST(OpenWalkTest, WhoHadSoldNothingWhenADaySealedWasRedWhereverBatchesAreCut) {
  for (const std::string_view amount : {"10", "50"}) {
    for (const bool cut : {false, true}) {
      CoreDriver driver(Company(kProgress));
      driver.Order("u2", At("2026-11-02T10:00"), "500");
      driver.Order("u3", At("2026-11-02T10:00"), "500");
      driver.Heartbeat(At("2026-11-03T00:00"));
      if (cut) {
        driver.Step();
      }
      driver.Order("u1", At("2026-11-03T10:00"), amount, "first");
      driver.Step();
      driver.Heartbeat(At("2026-11-04T00:00"));
      driver.Step();
      std::vector<std::string> expected = {"progress person:u1 2026-11 green>red THRESHOLD"};
      if (amount == "50") {
        expected.emplace_back("progress person:u1 2026-11 red>green THRESHOLD");
      }
      EXPECT_EQ(driver.log(), expected) << amount << cut;
      // Nobody is called for what was over before it could be told.
      const bool over = !cut && amount == "50";
      EXPECT_EQ(driver.transitions()[0].not_sent_reason(), over ? "retroactive" : "") << cut;
      EXPECT_EQ(driver.transitions().back().not_sent_reason(), over ? "never_told" : "") << cut;
    }
  }
}

TEST(OpenWalkTest, WhatWasRedAndIsGreenAgainIsNotRedAnewWhenTheDayBeforeSealsAfterAReload) {
  const std::string rules = Company(kProgress);
  CoreDriver driver(rules);
  driver.Order("u2", At("2026-11-02T10:00"), "500");
  driver.Order("u3", At("2026-11-02T10:00"), "500");
  driver.Order("u1", At("2026-11-03T10:00"), "10");
  driver.Order("u1", At("2026-11-03T11:00"), "60");
  driver.Step();
  driver.Reload(rules +
                "  - {name: other, kpi: revenue, for_each: person, period: day, "
                "evaluate: intraday, levels: {red: {when: value > 1000}}}\n");
  driver.Restart();
  driver.Heartbeat(At("2026-11-03T00:00"));
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("progress person:u1 2026-11 green>red THRESHOLD",
                                        "progress person:u1 2026-11 red>green THRESHOLD"));
}

TEST(OpenWalkTest, WhatIsGreenFromTheFirstEventOnTellsNothing) {
  CoreDriver driver(Company(kProgress));
  driver.Order("u1", At("2026-11-02T10:00"), "50");
  driver.Order("u1", At("2026-11-03T10:00"), "1");
  driver.Step();
  EXPECT_THAT(driver.log(), IsEmpty());
}

TEST(OpenWalkTest, BatchesMayBeCutAnywhere) {
  const std::string rules = Company(kMany);
  size_t turns = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return random() % n; };
    std::vector<Send> events;
    for (unsigned e = 0, count = 1 + below(60); e < count; ++e) {
      const std::string owner = fmt::format("u{}", 1 + below(3));
      const absl::Time time = At("2026-11-02T00:00") + absl::Hours(below(24 * 12));
      const std::string amount = std::to_string(1 + below(60));
      const bool cancelled = below(8) == 0;
      if (below(2) == 0) {
        events.push_back([=](CoreDriver* driver) { driver->Touch(owner, time, 1); });
      } else {
        events.push_back([=](CoreDriver* driver) {
          driver->Send(
              cancelled ? "erp.order.cancelled" : "erp.order.confirmed", fmt::format("e{}", e),
              time,
              fmt::format(R"({{"owner_id":"{}","amount":{{"amount":"{}","currency":"CNY"}}}})",
                          owner, amount));
        });
      }
    }
    const Turns one_by_one = Told(rules, events, [](size_t) { return true; });
    for (const auto& [key, levels] : one_by_one) {
      turns += levels.size();
    }
    EXPECT_EQ(Told(rules, events, [](size_t) { return false; }), one_by_one) << seed;
    const unsigned step = 1 + below(10);
    EXPECT_EQ(Told(rules, events, [&](size_t) { return below(step) == 0; }), one_by_one) << seed;
  }
  EXPECT_GT(turns, 2000U);
}

TEST(OpenWalkTest, CountsMayComeInAnyOrder) {
  std::vector<Send> events;
  for (int e = 0; e < 12; ++e) {
    events.push_back([e](CoreDriver* driver) {
      driver->Touch(fmt::format("u{}", 1 + e % 3), At("2026-11-02T10:00") + absl::Hours(e % 4), 1);
    });
  }
  const std::string rules = Company(kMany);
  std::mt19937 random(7);
  const Turns told = Told(rules, events, [](size_t) { return true; });
  EXPECT_FALSE(told.empty());
  for (int order = 0; order < 20; ++order) {
    std::shuffle(events.begin(), events.end(), random);
    EXPECT_EQ(Told(rules, events, [&](size_t) { return random() % 4 == 0; }), told) << order;
  }
}

}  // namespace
}  // namespace kpiwatch
