// Whoever was told that an alert fired is told that it ended, by the way the fire came, and nobody
// else (S-18, D-28).
#include "daemon/engine/told.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "daemon/engine/ladder_record.h"
#include "daemon/engine/open_ladders.h"
#include "daemon/notify/routing.h"
#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h,
     holidays: rules/calendars/cn-2026.yaml}
org:
  units:
    - {id: company, name: 全国, manager: boss}
    - {id: east, name: 华东, parent: company, manager: u100}
  people:
    - {id: boss, name: 老板, unit: company, level: chief}
    - {id: u100, name: 主管, unit: east, level: chief}
    - {id: u102, name: 王一, unit: east, level: junior}
    - {id: u103, name: 李二, unit: east, level: mid}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     measure: sum(data.amount), currency: CNY, subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u102, period: 2026-W46, target: 100 CNY}
  - {kpi: revenue, person: u102, period: 2026-W47, target: 100 CNY}
  - {kpi: revenue, person: u102, period: 2026-W48, target: 100 CNY}
  - {kpi: revenue, person: u103, period: 2026-W46, target: 100 CNY}
  - {kpi: revenue, person: u103, period: 2026-W47, target: 100 CNY}
rules:
  - name: week
    kpi: revenue
    for_each: person
    where: person.level == "junior"
    period: week
    evaluate: on_close
    levels:
      yellow: {when: completion < 70%, clear: completion >= 70%, notify: [owner], via: [email]}
      red: {when: completion < 40%, clear: completion >= 45%, notify: [manager], via: [webhook],
            open: talk}
    labels: {team: x}
playbooks:
  - {name: talk, title: 主管一对一沟通, assignee: manager, due: 1wd}
receivers:
  - {name: root, webhook: [{url: "http://127.0.0.1:1/root"}]}
  - {name: teamx, webhook: [{url: "http://127.0.0.1:1/x"}]}
  - {name: teamy, webhook: [{url: "http://127.0.0.1:1/y"}]}
route:
  receiver: root
  routes:
    - {matchers: ['team="x"'], receiver: teamx}
    - {matchers: ['team="y"'], receiver: teamy}
)";

std::string Edited(std::string_view from, std::string_view to, std::string_view rules = kRules) {
  std::string edited(rules);
  EXPECT_EQ(absl::StrReplaceAll({{std::string(from), std::string(to)}}, &edited), 1) << from;
  return edited;
}

// As log() of the driver, with the reason for not sending it, and without rule and subject.
std::vector<std::string> Log(const CoreDriver& driver) {
  std::vector<std::string> lines;
  for (const v1::Transition& t : driver.transitions()) {
    lines.push_back(t.period() + " " + std::string(LevelName(static_cast<Level>(t.from_level()))) +
                    ">" + std::string(LevelName(static_cast<Level>(t.to_level()))) + " " +
                    v1::Reason_Name(t.reason()).substr(7) +
                    (t.not_sent_reason().empty() ? "" : " " + t.not_sent_reason()));
  }
  return lines;
}

std::vector<std::string> Notified(const v1::Transition& t) {
  return {t.notified().begin(), t.notified().end()};
}
std::vector<std::string> Via(const v1::Transition& t) { return {t.via().begin(), t.via().end()}; }

// The names of the receivers that it goes to under those rules.
std::vector<std::string> ReceiversOf(const v1::Transition& t, const std::string& rules) {
  const auto book = LoadText(rules);
  std::vector<std::string> names;
  for (const size_t receiver : Router(book.get()).ReceiversOf(t)) {
    names.push_back(book->receivers[receiver].name);
  }
  return names;
}

// u102 is at 60 % in W46 until an order is taken back, two weeks of work later.
class RetroactiveTest : public ::testing::Test {
 protected:
  void FireRetroactively() {
    driver_.Order("u102", At("2026-11-11T10:00"), "75");
    driver_.Heartbeat(At("2026-11-16T00:00"));
    driver_.Step();
    EXPECT_THAT(Log(driver_), IsEmpty());
    driver_.Heartbeat(At("2026-11-19T00:00"));
    driver_.Step();
    driver_.Order("u102", At("2026-11-12T10:00"), "-65");
    driver_.Step();
    EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 green>red RESTATED retroactive"));
    EXPECT_EQ(driver_.transitions()[0].tasks_size(), 0) << "nothing is opened that nobody hears of";
    driver_.Forget();
  }

  CoreDriver driver_{kRules};
};

TEST_F(RetroactiveTest, NobodyIsToldTheEndOfAFireThatWasNotSent) {
  FireRetroactively();
  driver_.Order("u102", At("2026-11-19T10:00"), "80");
  driver_.Heartbeat(At("2026-11-23T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W47 red>green THRESHOLD never_told"));
  EXPECT_THAT(Notified(driver_.transitions()[0]), IsEmpty());
}

TEST_F(RetroactiveTest, WhatStillStandsAtTheNextSealIsToldThenAlsoAcrossARestart) {
  FireRetroactively();
  driver_.Restart();
  driver_.Order("u102", At("2026-11-19T10:00"), "10");
  driver_.Heartbeat(At("2026-11-23T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W47 green>red THRESHOLD"));
  EXPECT_THAT(Notified(driver_.transitions()[0]), ElementsAre("u100"));
  EXPECT_EQ(driver_.transitions()[0].tasks_size(), 1);
  const int64_t began = driver_.transitions()[0].at_unix_ms();
  EXPECT_EQ(driver_.transitions()[0].active_since_unix_ms(), began);
  driver_.Forget();
  driver_.Order("u102", At("2026-11-26T10:00"), "80");
  driver_.Heartbeat(At("2026-11-30T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W48 red>green THRESHOLD"));
  EXPECT_THAT(Notified(driver_.transitions()[0]), ElementsAre("u100"));
  EXPECT_EQ(driver_.transitions()[0].active_since_unix_ms(), began);
}

TEST_F(RetroactiveTest, WhatIsToldAtTheNextSealIsWhatFired) {
  FireRetroactively();
  driver_.Order("u102", At("2026-11-19T10:00"), "42");  // stays red, and would not make it so
  driver_.Heartbeat(At("2026-11-23T00:00"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 green>red THRESHOLD"));
  const v1::Transition& told = driver_.transitions()[0];
  EXPECT_EQ(told.value(), "10");
  EXPECT_EQ(told.target(), "100");
  EXPECT_EQ(told.completion(), "0.100000");
  ASSERT_EQ(told.counted_size(), 1);
  EXPECT_EQ(told.counted(0).period(), "2026-W46");
  EXPECT_EQ(told.tasks_size(), 1);
  EXPECT_EQ(absl::FromUnixMillis(told.at_unix_ms()), At("2026-11-23T00:00"));
}

TEST_F(RetroactiveTest, ACorrectionThatTakesItBackIsNotToldEither) {
  FireRetroactively();
  driver_.Order("u102", At("2026-11-12T11:00"), "65");
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 red>green RESTATED never_told"));
}

TEST_F(RetroactiveTest, ARemovedRuleDoesNotTellItsEnd) {
  FireRetroactively();
  driver_.Reload(Edited("name: week", "name: weak"));
  driver_.Step();
  EXPECT_THAT(Log(driver_), ElementsAre("2026-W46 red>green RULE_REMOVED never_told"));
}

TEST(BeforeLiveTest, WhatStillStandsInTheFirstLivePeriodIsTold) {
  CoreDriver driver(kRules, {.clock_by_events = false, .live_from = At("2026-11-18T00:00")});
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step(At("2026-11-18T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>red THRESHOLD before_live"));
  driver.Forget();
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W47 green>red THRESHOLD"));
  EXPECT_THAT(Notified(driver.transitions()[0]), ElementsAre("u100"));
}

TEST(BeforeLiveTest, WhatEndedBeforeItWasToldIsNotTold) {
  CoreDriver driver(kRules, {.clock_by_events = false, .live_from = At("2026-11-18T00:00")});
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Order("u102", At("2026-11-18T10:00"), "90");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>red THRESHOLD before_live",
                                       "2026-W47 red>green THRESHOLD never_told"));
}

TEST(BeforeLiveTest, ThePeriodThatFiredIsToldAndNotAMetOne) {
  CoreDriver driver(Edited(", clear: completion >= 45%", ""),
                    {.clock_by_events = false, .live_from = At("2026-11-18T00:00")});
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Order("u102", At("2026-11-18T10:00"), "120");
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step(At("2026-11-23T03:00"));
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 green>red THRESHOLD before_live",
                                       "2026-W46 green>red THRESHOLD"));
  const v1::Transition& told = driver.transitions()[1];
  EXPECT_EQ(told.value(), "10");
  ASSERT_EQ(told.counted_size(), 1);
  EXPECT_FALSE(told.counted(0).met());
}

// A correction lets the gravest of what was held back go, and what is left of it may be told.
TEST(RetroactiveDayTest, ACorrectionTellsOfTheDayThatFired) {
  CoreDriver driver(Edited(R"(    where: person.level == "junior"
    period: week
    evaluate: on_close
    levels:
      yellow: {when: completion < 70%, clear: completion >= 70%, notify: [owner], via: [email]}
      red: {when: completion < 40%, clear: completion >= 45%, notify)",
                           R"(    where: person.level == "junior"
    period: day
    evaluate: on_close
    levels:
      yellow: {when: value < 2 CNY, clear: value >= 5 CNY, notify: [owner], via: [email]}
      red: {when: value < 1 CNY, clear: value >= 3 CNY, notify)"));
  for (const char* day : {"09", "10", "11", "12"}) {
    const std::string date = "2026-11-" + std::string(day);
    driver.Order("u102", At(date + "T10:00"), "2");
    driver.Heartbeat(At(date + "T23:00"));
    driver.Step();
  }
  driver.Order("u102", At("2026-11-09T11:00"), "-2");
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-11-09 green>red RESTATED retroactive"));
  driver.Order("u102", At("2026-11-12T11:00"), "2");
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-11-09 green>red RESTATED retroactive",
                                       "2026-11-09 green>yellow RESTATED"));
  EXPECT_EQ(driver.transitions()[1].value(), "0");
}

// Yellow in W46 by e-mail, red in W47 by webhook.
void FireTwice(CoreDriver* driver) {
  driver->Order("u102", At("2026-11-11T10:00"), "60");
  driver->Order("u102", At("2026-11-18T10:00"), "10");
  driver->Heartbeat(At("2026-11-16T00:00"));
  driver->Step();
  driver->Heartbeat(At("2026-11-23T00:00"));
  driver->Step();
  EXPECT_THAT(Log(*driver),
              ElementsAre("2026-W46 green>yellow THRESHOLD", "2026-W47 yellow>red THRESHOLD"));
  driver->Forget();
}

TEST(WayOfTheEndTest, ItIsTheUnionOfTheWaysOfTheFires) {
  CoreDriver driver(kRules);
  FireTwice(&driver);
  driver.Restart();
  driver.Order("u102", At("2026-11-25T10:00"), "90");
  driver.Heartbeat(At("2026-11-30T00:00"));
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W48 red>green THRESHOLD"));
  EXPECT_THAT(Notified(driver.transitions()[0]), ElementsAre("u102", "u100"));
  EXPECT_THAT(Via(driver.transitions()[0]), ElementsAre("email", "webhook"));
}

TEST(WayOfTheEndTest, OfARemovedRuleItIsThatOfItsFires) {
  CoreDriver driver(kRules);
  FireTwice(&driver);
  const std::string removed = Edited("name: week", "name: weak", Edited("team: x", "team: y"));
  driver.Reload(removed);
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W47 red>green RULE_REMOVED"));
  const v1::Transition& ended = driver.transitions()[0];
  EXPECT_EQ(ended.kpi(), "revenue");
  EXPECT_THAT(Via(ended), ElementsAre("email", "webhook"));
  EXPECT_THAT(ReceiversOf(ended, removed), ElementsAre("teamx"));
}

TEST(WayOfTheEndTest, ARuleThatNotifiesNobodyEndsWhereItFired) {
  std::string rules = Edited("notify: [manager], ", "");
  rules = Edited("notify: [owner], ", "", rules);
  rules = Edited("team: x", "team: z", rules);
  CoreDriver driver(rules);
  FireTwice(&driver);
  const std::string removed = Edited("name: week", "name: weak", rules);
  driver.Reload(removed);
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W47 red>green RULE_REMOVED"));
  EXPECT_THAT(ReceiversOf(driver.transitions()[0], removed), ElementsAre("root"));
}

TEST(WayOfTheEndTest, LabelsThatChangedMeanwhileDoNotMoveIt) {
  CoreDriver driver(kRules);
  FireTwice(&driver);
  const std::string other = Edited("team: x", "team: y");
  driver.Reload(other);
  driver.Order("u102", At("2026-11-25T10:00"), "60");
  driver.Heartbeat(At("2026-11-30T00:00"));
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W48 red>yellow THRESHOLD"));
  EXPECT_THAT(ReceiversOf(driver.transitions()[0], other), ElementsAre("teamx"));
  EXPECT_EQ(LabelsOf(driver.transitions()[0], *LoadText(other)).at("team"), "x");
}

TEST(WayOfTheEndTest, WhatFiredUnderTwoLabelsEndsUnderBoth) {
  CoreDriver driver(kRules);
  driver.Order("u102", At("2026-11-11T10:00"), "60");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  const std::string other = Edited("team: x", "team: y");
  driver.Reload(other);
  driver.Heartbeat(At("2026-11-23T00:00"));
  driver.Step();
  driver.Order("u102", At("2026-11-25T10:00"), "90");
  driver.Heartbeat(At("2026-11-30T00:00"));
  driver.Step();
  EXPECT_THAT(Log(driver),
              ElementsAre("2026-W46 green>yellow THRESHOLD", "2026-W47 yellow>red THRESHOLD",
                          "2026-W48 red>green THRESHOLD"));
  EXPECT_THAT(ReceiversOf(driver.transitions()[1], other), ElementsAre("teamy"));
  EXPECT_THAT(ReceiversOf(driver.transitions()[2], other), ElementsAre("teamx", "teamy"));
}

TEST(ToldTest, ALadderOfFormatOneHasToldWhatItSays) {
  Ladder ladder;
  ladder.records.emplace_back().after.latched = 1U << static_cast<int>(Level::kRed);
  ladder.told = {{"u100"}, 3, 1};
  std::string bytes;
  EncodeLadder(ladder, &bytes);
  auto read = DecodeLadder(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->records[0].told, Level::kGreen);
  EXPECT_EQ(read->told.as, 3U);
  EXPECT_EQ(read->told.channels, 1U);
  read = DecodeLadder(std::string_view(bytes).substr(0, bytes.size() - 2));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->records[0].told, Level::kRed);
  EXPECT_THAT(read->told.people, ElementsAre("u100"));
  EXPECT_FALSE(DecodeLadder(std::string_view(bytes).substr(0, bytes.size() - 1)));

  OpenLadders open;
  open.Add(1).told = {{"u100"}, 3, 1};
  bytes.clear();
  EncodeOpenLadders(open, &bytes);
  auto read_open = DecodeOpenLadders(bytes);
  ASSERT_TRUE(read_open);
  EXPECT_EQ(read_open->At(0).told.as, 3U);
  read_open = DecodeOpenLadders(std::string_view(bytes).substr(0, bytes.size() - 2));
  ASSERT_TRUE(read_open);
  EXPECT_THAT(read_open->At(0).told.people, ElementsAre("u100"));
  EXPECT_FALSE(DecodeOpenLadders(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

}  // namespace
}  // namespace kpiwatch
