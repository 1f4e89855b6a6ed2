// Every receiver that was told of an alert is told how it goes on and that it is over, whatever the
// routes say of its levels or by now.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/wire.h"
#include "daemon/engine/told.h"
#include "tests/engine/told_rules.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Reds to teamx, everything else to root.
const std::string& ByLevel() {
  static const std::string rules =
      Edited(R"(matchers: ['team="x"'], receiver: teamx)",
             R"(matchers: ['level="red"'], receiver: teamx)", Edited("{team: x}", "{team: z}"));
  return rules;
}

void OrderInWeek(CoreDriver* driver, int week, std::string_view amount) {
  const absl::Time monday = At("2026-11-09T10:00") + absl::Hours(7 * 24 * (week - 46));
  driver->Order("u102", monday, amount);
  driver->Heartbeat(monday + absl::Hours(7 * 24));
  driver->Step();
}

TEST(ToldReceiversTest, WhoGotTheHighestLevelHearsOfTheLowerOnesAndOfTheEnd) {
  CoreDriver driver(ByLevel());
  OrderInWeek(&driver, 46, "10");
  OrderInWeek(&driver, 47, "60");
  driver.Restart();
  OrderInWeek(&driver, 48, "90");
  EXPECT_THAT(Log(driver),
              ElementsAre("2026-W46 green>red THRESHOLD", "2026-W47 red>yellow THRESHOLD",
                          "2026-W48 yellow>green THRESHOLD"));
  for (const v1::Transition& t : driver.transitions()) {
    EXPECT_THAT(Receivers(t), ElementsAre("teamx")) << t.period();
    EXPECT_THAT(t.told_as(), IsEmpty());
  }
}

TEST(ToldReceiversTest, AClimbGoesToItsRouteAndToWhoWasToldBefore) {
  CoreDriver driver(ByLevel());
  OrderInWeek(&driver, 46, "60");
  OrderInWeek(&driver, 47, "10");
  OrderInWeek(&driver, 48, "90");
  ASSERT_THAT(driver.transitions(), SizeIs(3));
  EXPECT_THAT(Receivers(driver.transitions()[0]), ElementsAre("root"));
  EXPECT_THAT(Receivers(driver.transitions()[1]), ElementsAre("teamx", "root"));
  EXPECT_THAT(Receivers(driver.transitions()[2]), ElementsAre("teamx", "root"));
}

TEST(ToldReceiversTest, ANewEpisodeKnowsNothingOfTheLast) {
  CoreDriver driver(ByLevel());
  OrderInWeek(&driver, 46, "10");
  OrderInWeek(&driver, 47, "90");
  OrderInWeek(&driver, 48, "60");
  ASSERT_THAT(driver.transitions(), SizeIs(3));
  EXPECT_THAT(Receivers(driver.transitions()[2]), ElementsAre("root"));
}

TEST(ToldReceiversTest, EditedRoutesDoNotMoveTheEnd) {
  CoreDriver driver(ByLevel());
  OrderInWeek(&driver, 46, "60");
  const std::string moved = Edited("receiver: root\n", "receiver: teamy\n", ByLevel());
  driver.Reload(moved);
  OrderInWeek(&driver, 47, "90");
  ASSERT_THAT(driver.transitions(), SizeIs(2));
  EXPECT_THAT(Receivers(driver.transitions()[1]), ElementsAre("root"));
}

TEST(ToldReceiversTest, TheEndOfARemovedRuleNamesThem) {
  CoreDriver driver(ByLevel());
  OrderInWeek(&driver, 46, "60");
  const std::string removed = Edited("name: week", "name: weak",
                                     Edited("receiver: root\n", "receiver: teamy\n", ByLevel()));
  driver.Reload(removed);
  driver.Step();
  EXPECT_EQ(Log(driver)[1], "2026-W46 yellow>green RULE_REMOVED");
  EXPECT_THAT(Receivers(driver.transitions()[1]), ElementsAre("root"));
}

TEST(ToldReceiversTest, AlertsOfAPeriodSayThatTheirLabelsNameIt) {
  CoreDriver driver(Edited("evaluate: on_close", "evaluate: intraday", ByLevel()));
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Step();
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  EXPECT_THAT(Log(driver),
              ElementsAre("2026-W46 green>red THRESHOLD", "2026-W46 red>green PERIOD_CLOSED"));
  for (const v1::Transition& t : driver.transitions()) {
    EXPECT_TRUE(t.period_named());
    EXPECT_THAT(t.told_as(), IsEmpty());
  }
  CoreDriver on_close(ByLevel());
  OrderInWeek(&on_close, 46, "10");
  EXPECT_FALSE(on_close.transitions()[0].period_named());
}

// Takes from the store what older programs did not keep: receivers, and whether labels name
// periods.
void MakeOlder(CoreDriver* driver) {
  WriteBatch batch;
  ASSERT_TRUE(driver->store()
                  .Scan(Family::kMeta, "w", "x",
                        [&](std::string_view key, std::string_view value) {
                          wire::Reader reader(value);
                          std::string bytes;
                          wire::AppendU64(reader.U64(), &bytes);
                          std::vector<ToldAs> all = DecodeToldAs(reader.String());
                          EXPECT_FALSE(all.empty() || all[0].receivers.empty());
                          for (ToldAs& one : all) {
                            one.receivers.clear();
                            one.period_named = false;
                          }
                          wire::AppendString(EncodeToldAs(all), &bytes);
                          batch.Put(Family::kMeta, key, bytes);
                          return true;
                        })
                  .ok());
  EXPECT_FALSE(batch.entries().empty());
  ASSERT_TRUE(driver->store().Write(batch).ok());
  driver->Restart();
}

TEST(OlderStoreTest, WhatFiredBeforeReceiversWereKeptEndsAsItsLabelsAreRouted) {
  CoreDriver driver(ByLevel());
  OrderInWeek(&driver, 46, "10");
  MakeOlder(&driver);
  OrderInWeek(&driver, 47, "90");
  ASSERT_THAT(driver.transitions(), SizeIs(2));
  EXPECT_THAT(Receivers(driver.transitions()[1]), ElementsAre("teamx", "root"));
  EXPECT_THAT(driver.transitions()[1].told_as(), IsEmpty());
}

TEST(OlderStoreTest, AnAlertThatFiredWithoutItsPeriodEndsWithoutIt) {
  CoreDriver driver(Edited("evaluate: on_close", "evaluate: intraday", ByLevel()));
  driver.Order("u102", At("2026-11-11T10:00"), "10");
  driver.Step();
  MakeOlder(&driver);
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  ASSERT_THAT(driver.transitions(), SizeIs(2));
  const v1::Transition& ended = driver.transitions()[1];
  EXPECT_THAT(Receivers(ended), ElementsAre("teamx", "root"));
  EXPECT_FALSE(ended.period_named());
  ASSERT_THAT(ended.told_as(), SizeIs(1));
  EXPECT_TRUE(ended.told_as(0).by_period());
  EXPECT_FALSE(ended.told_as(0).period_named());
}

TEST(ToldAsTest, WhatIsStoredIsReadAgainAndAnOlderProgramReadsItsPart) {
  const ToldAs old{"revenue", {{"team", "x"}}, true, false, {}};
  const std::string older = EncodeToldAs({old});
  ToldAs one = old;
  one.period_named = true;
  one.receivers = {"teamx", "root"};
  const std::string bytes = EncodeToldAs({one});
  EXPECT_EQ(bytes.substr(0, older.size()), older) << "what comes behind it does not look at";
  const std::vector<ToldAs> read = DecodeToldAs(bytes);
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_TRUE(read[0].IsAlertOf(one));
  EXPECT_EQ(read[0].receivers, one.receivers);
  ASSERT_THAT(DecodeToldAs(older), SizeIs(1));
  EXPECT_TRUE(DecodeToldAs(older)[0].IsAlertOf(old));
}

}  // namespace
}  // namespace kpiwatch
