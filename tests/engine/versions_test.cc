// Events with one id: the highest sequence counts, else the first (D-12).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/testing/core_driver.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;

constexpr char kRules[] = R"(
calendars:
  - {name: cn, time_zone: Asia/Shanghai, day_close: "20:00", grace: 2h}
org:
  units:
    - {id: company, name: 全国}
  people:
    - {id: u1, name: 一, unit: company, level: junior}
    - {id: u2, name: 二, unit: company, level: junior}
kpis:
  - {name: revenue, owner: ops, type: simple, event: erp.order.confirmed,
     where: data.owner_id != "nobody", measure: sum(data.amount), currency: CNY,
     subject: data.owner_id, calendar: cn}
targets:
  - {kpi: revenue, person: u1, period: 2026-W46, target: 100 CNY}
rules:
  - name: week
    kpi: revenue
    for_each: person
    period: week
    evaluate: on_close
    levels:
      red: {when: completion < 40%}
)";
const CoreDriver::Options kFirst = {.highest_sequence_wins = false};

std::string Revenue(CoreDriver& driver, std::string_view subject) {
  const SubjectId id = driver.core().subjects().FindByName(subject).value();
  const Period week{PeriodKind::kWeek, *Day::Parse("2026-11-09"), *Day::Parse("2026-11-16")};
  return driver.core().ReadValue(0, id, week)->reading.value.ToString();
}

uint64_t Count(CoreDriver& driver, std::string_view result) {
  driver.core().CountDurable();
  return driver.metrics().ingest_records.With({"crm", result}).value();
}

void SendVersion(CoreDriver& driver, int sequence, std::string_view amount,
                 std::string_view owner = "u1", std::string_view day = "2026-11-11",
                 std::string_view id = "o1") {
  driver.sequence = sequence;
  driver.Order(owner, At(std::string(day) + "T10:00"), amount, id);
  driver.sequence = -1;
}

int StoredVersions(CoreDriver& driver) {
  int count = 0;
  EXPECT_TRUE(driver.store()
                  .Scan(Family::kMeta, "v", "w",
                        [&](auto, auto) {
                          ++count;
                          return true;
                        })
                  .ok());
  return count;
}

TEST(VersionsTest, TheHigherSequenceWinsInEitherOrderAndAcrossSteps) {
  for (const bool rising : {true, false}) {
    for (const int steps : {0, 1, 2}) {
      CoreDriver driver(kRules);
      SendVersion(driver, rising ? 1 : 2, rising ? "30" : "50");
      for (int i = 0; i < steps; ++i) {
        driver.Step();
      }
      if (steps == 2) {
        driver.Restart();
      }
      SendVersion(driver, rising ? 2 : 1, rising ? "50" : "30");
      driver.Step();
      EXPECT_EQ(Revenue(driver, "person:u1"), "50") << rising << steps;
      EXPECT_EQ(Revenue(driver, "unit:company"), "50") << rising << steps;
      EXPECT_EQ(Count(driver, "conflict"), 1U);
      EXPECT_EQ(Count(driver, "duplicate"), 0U);
    }
  }
}

TEST(VersionsTest, ANewVersionMayNameAnotherOwnerDayOrNobody) {
  CoreDriver driver(kRules);
  SendVersion(driver, 1, "30");
  SendVersion(driver, 2, "40", "u2", "2026-11-12");
  driver.Step();
  EXPECT_EQ(Revenue(driver, "person:u1"), "0");
  EXPECT_EQ(Revenue(driver, "person:u2"), "40");
  SendVersion(driver, 4, "99", "nobody");
  driver.Step();
  EXPECT_EQ(Revenue(driver, "person:u2"), "0");
  SendVersion(driver, 3, "41", "u2", "2026-11-12");
  driver.Step();
  EXPECT_EQ(Revenue(driver, "person:u2"), "0") << "what nobody counts keeps its place";
}

TEST(VersionsTest, TheSameAgainIsAPlainDuplicateAndOtherContentUnderItsNumberAConflict) {
  CoreDriver driver(kRules);
  SendVersion(driver, 1, "30");
  SendVersion(driver, 1, "30");
  driver.Step();
  SendVersion(driver, 1, "30");
  SendVersion(driver, 1, "31");
  driver.Step();
  EXPECT_EQ(Revenue(driver, "person:u1"), "30");
  EXPECT_EQ(Count(driver, "duplicate"), 2U);
  EXPECT_EQ(Count(driver, "conflict"), 1U);
}

TEST(VersionsTest, WhereTheSourceSaysSoTheFirstWins) {
  CoreDriver driver(kRules, kFirst);
  SendVersion(driver, 1, "30");
  SendVersion(driver, 2, "50");
  driver.Step();
  EXPECT_EQ(Revenue(driver, "person:u1"), "30");
  EXPECT_EQ(Count(driver, "duplicate"), 1U);
  EXPECT_EQ(StoredVersions(driver), 0);
}

TEST(VersionsTest, WithoutASequenceTheFirstWinsAndOtherContentIsAConflict) {
  for (const int steps : {0, 1, 2}) {
    CoreDriver driver(kRules);
    SendVersion(driver, -1, "30");
    for (int i = 0; i < steps; ++i) {
      driver.Step();
    }
    if (steps == 2) {
      driver.Restart();
    }
    SendVersion(driver, -1, "30");
    SendVersion(driver, -1, "31");
    SendVersion(driver, -1, "30", "nobody");
    driver.Step();
    EXPECT_EQ(Revenue(driver, "person:u1"), "30") << steps;
    EXPECT_EQ(Count(driver, "duplicate"), 1U) << steps;
    EXPECT_EQ(Count(driver, "conflict"), 2U) << steps;
  }
}

TEST(VersionsTest, OneWithoutASequenceGivesWayToOneThatHasItInEitherOrder) {
  for (const bool rising : {true, false}) {
    CoreDriver driver(kRules);
    SendVersion(driver, rising ? -1 : 0, rising ? "30" : "50");
    SendVersion(driver, rising ? 0 : -1, rising ? "50" : "30");
    driver.Step();
    EXPECT_EQ(Revenue(driver, "person:u1"), "50") << rising;
    EXPECT_EQ(Count(driver, "conflict"), 1U) << rising;
  }
}

TEST(VersionsTest, TheSameContentUnderAHigherSequenceIsADuplicateThatRaisesIt) {
  CoreDriver driver(kRules);
  SendVersion(driver, 1, "30");
  SendVersion(driver, 3, "30");
  driver.Step();
  SendVersion(driver, 2, "50");
  driver.Step();
  EXPECT_EQ(Revenue(driver, "person:u1"), "30");
  EXPECT_EQ(Count(driver, "duplicate"), 1U);
  EXPECT_EQ(Count(driver, "conflict"), 1U);
}

TEST(VersionsTest, WhatNobodyCountsAndHasNoSequenceIsNotKept) {
  CoreDriver driver(kRules);
  SendVersion(driver, -1, "30", "nobody");
  driver.Step();
  EXPECT_EQ(Count(driver, "ignored"), 1U);
  EXPECT_EQ(StoredVersions(driver), 0);
  EXPECT_EQ(driver.core().dedup().size(), 0U);
}

TEST(VersionsTest, AVersionAfterTheSealRestatesTheVerdict) {
  CoreDriver driver(kRules);
  SendVersion(driver, 1, "30");
  driver.Heartbeat(At("2026-11-16T00:00"));
  driver.Step();
  SendVersion(driver, 2, "50");
  driver.Step();
  EXPECT_THAT(driver.log(), ElementsAre("week person:u1 2026-W46 green>red THRESHOLD",
                                        "week person:u1 2026-W46 red>green RESTATED"));
}

TEST(VersionsTest, OldVersionsAreForgottenWithTheirIds) {
  CoreDriver driver(kRules);
  SendVersion(driver, 1, "30");
  driver.Step();
  EXPECT_EQ(StoredVersions(driver), 1);
  SendVersion(driver, 0, "1", "u1", "2027-01-11", "o2");
  driver.Step();
  EXPECT_EQ(StoredVersions(driver), 1);
}

// Against the plainest way to say it: of each id the version with the highest sequence counts.
TEST(VersionsTest, NeitherOrderNorBatchesNorCrashesMatter) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t n) { return static_cast<int>(random() % n); };
    struct Version {
      int id, sequence, amount, owner, day;
    };
    std::vector<Version> versions;
    for (int id = 0; id < 6; ++id) {
      for (int sequence = -1; sequence < 3; ++sequence) {  // -1: it has none
        versions.push_back({id, sequence, 1 + below(90), below(2), 9 + below(7)});
        if (below(3) == 0) {
          versions.push_back(versions.back());
        }
      }
    }
    std::shuffle(versions.begin(), versions.end(), random);
    int expected[2] = {0, 0};
    for (int id = 0; id < 6; ++id) {
      const auto last = std::max_element(
          versions.begin(), versions.end(), [id](const Version& a, const Version& b) {
            return std::pair(a.id == id, a.sequence) < std::pair(b.id == id, b.sequence);
          });
      expected[last->owner] += last->amount;
    }
    CoreDriver driver(kRules);
    for (const Version& v : versions) {
      driver.sequence = v.sequence;
      driver.Order(
          v.owner == 0 ? "u1" : "u2",
          At("2026-11-" + std::string(v.day < 10 ? "0" : "") + std::to_string(v.day) + "T10:00"),
          std::to_string(v.amount), "o" + std::to_string(v.id));
      driver.sequence = -1;
      if (below(4) == 0) {
        driver.Step();
        if (below(3) == 0) {
          driver.Restart();
        }
      }
      if (below(20) == 0) {
        driver.Heartbeat(At("2026-11-12T23:00"));
      }
    }
    driver.Heartbeat(At("2026-11-16T23:00"));
    driver.Step();
    driver.Step();
    EXPECT_EQ(Revenue(driver, "person:u1"), std::to_string(expected[0])) << seed;
    EXPECT_EQ(Revenue(driver, "person:u2"), std::to_string(expected[1])) << seed;
    EXPECT_EQ(Revenue(driver, "unit:company"), std::to_string(expected[0] + expected[1])) << seed;
  }
}

}  // namespace
}  // namespace kpiwatch
