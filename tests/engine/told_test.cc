// Whoever was told that an alert fired is told that it ended, by the way the fire came, and nobody
// else (S-18, D-28).
#include "daemon/engine/told.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/engine/ladder_record.h"
#include "daemon/engine/open_ladders.h"
#include "daemon/notify/routing.h"
#include "daemon/store/keys.h"
#include "tests/engine/told_rules.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The names of the receivers that it goes to under those rules.
std::vector<std::string> ReceiversOf(const v1::Transition& t, const std::string& rules) {
  const auto book = LoadText(rules);
  std::vector<std::string> names;
  for (const size_t receiver : Router(book.get()).ReceiversOf(t)) {
    names.push_back(book->receivers[receiver].name);
  }
  return names;
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
  CoreDriver driver(kToldRules);
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
  CoreDriver driver(kToldRules);
  FireTwice(&driver);
  const std::string removed = Edited("name: week", "name: weak", Edited("team: x", "team: y"));
  driver.Reload(removed);
  driver.Step();
  ASSERT_THAT(Log(driver),
              ElementsAre("2026-W47 red>green RULE_REMOVED", "2026-W47 green>red THRESHOLD"));
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
  ASSERT_THAT(Log(driver),
              ElementsAre("2026-W47 red>green RULE_REMOVED", "2026-W47 green>red THRESHOLD"));
  EXPECT_THAT(ReceiversOf(driver.transitions()[0], removed), ElementsAre("root"));
}

TEST(WayOfTheEndTest, LabelsThatChangedMeanwhileDoNotMoveIt) {
  CoreDriver driver(kToldRules);
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
  CoreDriver driver(kToldRules);
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
  EXPECT_THAT(ReceiversOf(driver.transitions()[2], other), ElementsAre("teamy", "teamx"));
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
  EXPECT_FALSE(Told({}, 0, read->told.channels).nothing());
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

// Fires red by webhook while its week is open, and notifies nobody.
std::string OpenRules() {
  return Edited("notify: [owner], via: [email]", "via: [email]",
                Edited("notify: [manager], via: [webhook]", "via: [webhook]",
                       Edited("evaluate: on_close", "evaluate: intraday")));
}

// A store as a program of format 1 left it in which the week is red.
void FireInFormatOne(CoreDriver* driver) {
  driver->Order("u102", At("2026-11-11T10:00"), "10");
  driver->Step();
  EXPECT_THAT(Log(*driver), ElementsAre("2026-W46 green>red THRESHOLD"));
  driver->Forget();
  WriteBatch batch;
  ASSERT_TRUE(driver->store()
                  .Scan(Family::kLadder, "", "",
                        [&](std::string_view key, std::string_view value) {
                          const auto parts = ParseLadderKey(key);
                          if (parts && ParseOpenLadderKeyRest(parts->rest)) {
                            batch.Put(Family::kLadder, key, value.substr(0, value.size() - 2));
                          }
                          return true;
                        })
                  .ok());
  EXPECT_EQ(batch.entries().size(), 1U) << "one ladder, whose way is two bytes";
  ASSERT_TRUE(driver->store().Write(batch).ok());
  driver->Restart();
}

TEST(FormatOneTest, AnOpenAlertOfARemovedRuleEnds) {
  CoreDriver driver(OpenRules());
  FireInFormatOne(&driver);
  const std::string removed = Edited("name: week", "name: weak", OpenRules());
  driver.Reload(removed);
  driver.Step();
  ASSERT_FALSE(driver.transitions().empty());
  EXPECT_EQ(Log(driver)[0], "2026-W46 red>green RULE_REMOVED");
  EXPECT_THAT(Via(driver.transitions()[0]), IsEmpty()) << "through all: the rule is gone";
  EXPECT_THAT(ReceiversOf(driver.transitions()[0], removed), ElementsAre("root"));
}

TEST(FormatOneTest, AnOpenAlertOfAChangedRuleEndsAsTheRuleWouldSendItNow) {
  CoreDriver driver(OpenRules());
  FireInFormatOne(&driver);
  // What it says is written anew before it ends.
  driver.Order("u102", At("2026-11-11T11:00"), "35");
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 red>yellow THRESHOLD"));
  EXPECT_THAT(Via(driver.transitions()[0]), ElementsAre("webhook"));
  driver.Forget();
  driver.Restart();
  const std::string changed =
      Edited(R"(person.level == "junior")", R"(person.level == "mid")", OpenRules());
  driver.Reload(changed);
  driver.Step();
  EXPECT_THAT(Log(driver), ElementsAre("2026-W46 yellow>green RULE_CHANGED"));
  const v1::Transition& ended = driver.transitions()[0];
  EXPECT_EQ(ended.kpi(), "revenue");
  EXPECT_THAT(Via(ended), ElementsAre("email"));
  EXPECT_THAT(ReceiversOf(ended, changed), ElementsAre("teamx"));
}

}  // namespace
}  // namespace kpiwatch
