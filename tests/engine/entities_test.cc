// Entities that change their state (S-19, S-20), from events to values and verdicts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
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
  - {name: sales, owner: ops, event: [erp.order.confirmed, erp.order.changed],
     entity: [data.order_id, data.entity_id], where: data.status != "cancelled",
     retract: erp.order.deleted, reverse: erp.refund.issued, measure: sum(data.amount),
     currency: CNY, calendar: cn}
  - {name: sales_original, owner: ops, event: [erp.order.confirmed, erp.order.changed],
     entity: [data.order_id, data.entity_id], where: data.status != "cancelled",
     retract: erp.order.deleted, reverse: erp.refund.issued, reverse_day: original,
     measure: sum(data.amount), currency: CNY, calendar: cn}
  - {name: largest, owner: ops, event: [erp.order.confirmed, erp.order.changed],
     entity: data.entity_id, retract: erp.order.deleted, measure: max(data.amount), currency: CNY,
     calendar: cn}
  - {name: wins, owner: ops, event: crm.opportunity.won, entity: data.entity_id,
     retract: [crm.opportunity.reopened, crm.opportunity.deleted], measure: count(), calendar: cn}
  - {name: proposals, owner: ops, event: crm.opportunity.stage_changed, entity: data.entity_id,
     where: data.to_stage == "proposal", states: ever, retract: crm.opportunity.deleted,
     measure: count(), calendar: cn}
  - {name: pipeline, owner: ops,
     event: [crm.opportunity.stage_changed, crm.opportunity.owner_changed],
     entity: data.entity_id, where: data.to_stage == "proposal",
     retract: [crm.opportunity.won, crm.opportunity.deleted], measure: sum(data.amount),
     currency: CNY, calendar: cn}
  - {name: all_moves, owner: ops, event: crm.opportunity.stage_changed, measure: count(),
     calendar: cn}
targets:
  - {kpi: wins, person: u1, period: 2026-W46, target: 1}
rules:
  - name: no_win
    kpi: wins
    for_each: person
    period: week
    evaluate: on_close
    levels:
      red: {when: completion < 100%}
)";

class EntitiesTest : public testing::Test {
 protected:
  // A state of an order or a deal; negative version: none.
  void Send(std::string_view type, std::string_view entity, int version, std::string_view owner,
            std::string_view more = "", std::string_view time = "2026-11-11T10:00") {
    driver_->sequence = version;
    driver_->Send(type, "e" + std::to_string(next_id_++), At(time),
                  R"({"entity_id":")" + std::string(entity) + R"(","owner_id":")" +
                      std::string(owner) + "\"" + std::string(more) + "}");
    driver_->sequence = -1;
  }
  static std::string Amount(std::string_view amount) {
    return R"(,"amount":{"amount":")" + std::string(amount) + R"(","currency":"CNY"})";
  }
  void Order(int version, std::string_view owner, std::string_view amount,
             std::string_view time = "2026-11-11T10:00") {
    Send("erp.order.confirmed", "o1", version, owner, Amount(amount), time);
  }
  void Refund(std::string_view amount, std::string_view time, std::string_view owner = "u2") {
    Send("erp.refund.issued", "r1", -1, owner, R"(,"order_id":"o1")" + Amount(amount), time);
  }
  std::string Value(std::string_view kpi, std::string_view subject, std::string_view from,
                    std::string_view to) {
    const std::vector<Kpi>& kpis = driver_->core().rulebook().kpis;
    const auto it =
        std::find_if(kpis.begin(), kpis.end(), [&](const Kpi& k) { return k.name == kpi; });
    const Period period{PeriodKind::kTarget, *Day::Parse(std::string(from)),
                        *Day::Parse(std::string(to))};
    const auto read = driver_->core().ReadValue(
        static_cast<KpiIndex>(it - kpis.begin()),
        driver_->core().subjects().FindByName("person:" + std::string(subject)).value(), period);
    return read->reading.state == ValueState::kKnown ? read->reading.value.ToString() : "n/a";
  }
  // Of the month.
  std::string Value(std::string_view kpi, std::string_view subject) {
    return Value(kpi, subject, "2026-11-01", "2026-12-01");
  }
  uint64_t Count(std::string_view result) {
    driver_->core().CountDurable();
    return driver_->metrics().ingest_records.With({"crm", result}).value();
  }

  std::unique_ptr<CoreDriver> driver_ = std::make_unique<CoreDriver>(std::string(kRules));
  int next_id_ = 0;
};

TEST_F(EntitiesTest, S19ANewStateTakesTheOldOneOutWhateverEventBroughtIt) {
  for (const int steps : {0, 1, 2}) {
    driver_ = std::make_unique<CoreDriver>(std::string(kRules));
    Order(1, "u1", "100");
    for (int i = 0; i < steps; ++i) {
      driver_->Step();
    }
    if (steps == 2) {
      driver_->Restart();
    }
    Send("erp.order.changed", "o1", 2, "u1", Amount("70"));
    driver_->Step();
    EXPECT_EQ(Value("sales", "u1"), "70") << steps;
    EXPECT_EQ(Value("largest", "u1"), "70") << steps;
  }
}

TEST_F(EntitiesTest, S19ANewStateMayBeAnotherOwnersOrDays) {
  Order(1, "u1", "100");
  driver_->Step();
  Order(2, "u2", "120", "2026-11-12T10:00");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "0");
  EXPECT_EQ(Value("sales", "u2", "2026-11-12", "2026-11-13"), "120");
  EXPECT_EQ(Value("largest", "u1"), "n/a");
}

TEST_F(EntitiesTest, S19AStateThatTheFilterLeavesOutTakesTheEntityOut) {
  Order(1, "u1", "100");
  Send("erp.order.changed", "o1", 2, "u1", R"(,"status":"cancelled")" + Amount("100"));
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "0");
  Order(3, "u1", "90");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "90");
}

TEST_F(EntitiesTest, S19StaleVersionsAreIgnoredAndCounted) {
  Order(5, "u1", "50");
  Order(4, "u1", "40");
  driver_->Step();
  EXPECT_EQ(Count("stale"), 1U);
  driver_->Restart();
  Order(5, "u1", "50", "2026-11-11T09:00");
  Order(3, "u1", "30");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "50");
  EXPECT_EQ(Count("stale"), 3U);
  EXPECT_EQ(Count("accepted"), 1U);
}

TEST_F(EntitiesTest, S19WithoutVersionsTheLaterMomentCounts) {
  Order(-1, "u1", "50", "2026-11-11T12:00");
  Order(-1, "u1", "40", "2026-11-11T11:00");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "50");
}

TEST_F(EntitiesTest, S19DuplicatesAreDroppedBySourceAndId) {
  Order(1, "u1", "100");
  next_id_ = 0;
  Order(1, "u1", "100");
  driver_->Step();
  next_id_ = 0;
  Order(1, "u1", "100");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "100");
  EXPECT_EQ(Count("duplicate"), 2U);
}

TEST_F(EntitiesTest, AnEventThatComesAgainUnderItsIdWithAHigherSequenceIsANewState) {
  Order(1, "u1", "100");
  driver_->Step();
  next_id_ = 0;
  Order(3, "u1", "80");
  Order(2, "u1", "60");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "80");
  EXPECT_EQ(Count("conflict"), 1U);
  EXPECT_EQ(Count("stale"), 1U);
}

TEST_F(EntitiesTest, S19ARefundBooksOnItsDateAgainstTheOriginalOwner) {
  Order(1, "u1", "100");
  driver_->Step();
  Refund("30", "2026-11-18T10:00");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1", "2026-11-11", "2026-11-12"), "100");
  EXPECT_EQ(Value("sales", "u1", "2026-11-18", "2026-11-19"), "-30");
  EXPECT_EQ(Value("sales", "u2"), "0");
}

TEST_F(EntitiesTest, S19ARefundMayBookOnTheOriginalDate) {
  Order(1, "u1", "100");
  Refund("30", "2026-11-18T10:00");
  driver_->Step();
  EXPECT_EQ(Value("sales_original", "u1", "2026-11-11", "2026-11-12"), "70");
  EXPECT_EQ(Value("sales_original", "u1"), "70");
}

TEST_F(EntitiesTest, S19ARefundThatComesBeforeItsOrderEndsWithItsOwner) {
  Refund("30", "2026-11-18T10:00");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u2"), "-30") << "whose order it was is not known";
  Order(1, "u1", "100");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "70");
  EXPECT_EQ(Value("sales", "u2"), "0");
}

TEST_F(EntitiesTest, S19AReopenedDealRetractsTheWinAtItsWinDateAndIsRestated) {
  Send("crm.opportunity.won", "d1", 17, "u1", "", "2026-11-11T10:00");
  driver_->Heartbeat(At("2026-11-16T00:00"));
  driver_->Step();
  EXPECT_THAT(driver_->log(), ElementsAre());
  Send("crm.opportunity.reopened", "d1", 18, "u1", "", "2026-11-18T10:00");
  driver_->Step();
  EXPECT_EQ(Value("wins", "u1"), "0");
  EXPECT_EQ(Value("wins", "u1", "2026-11-18", "2026-11-19"), "0") << "nothing on that day";
  ASSERT_THAT(driver_->log(), ElementsAre("no_win person:u1 2026-W46 green>red RESTATED"));
  EXPECT_EQ(driver_->transitions()[0].cause_event_id(), "e1");
  EXPECT_EQ(driver_->transitions()[0].old_value(), "1");
  Send("crm.opportunity.won", "d1", 19, "u1", "", "2026-11-19T10:00");
  driver_->Step();
  EXPECT_EQ(Value("wins", "u1", "2026-11-19", "2026-11-20"), "1");
}

TEST_F(EntitiesTest, S19AStageRegressLeavesTheFunnelAndThePipelineAlone) {
  const auto move = [&](int version, std::string_view stage, std::string_view time) {
    Send("crm.opportunity.stage_changed", "d1", version, "u1",
         R"(,"to_stage":")" + std::string(stage) + "\"" + Amount("500"), time);
  };
  move(1, "proposal", "2026-11-10T10:00");
  move(2, "need", "2026-11-11T10:00");
  driver_->Step();
  EXPECT_EQ(Value("proposals", "u1"), "1") << "ever reached";
  EXPECT_EQ(Value("pipeline", "u1"), "0") << "current";
  EXPECT_EQ(Value("all_moves", "u1"), "2") << "events are events";
  move(3, "proposal", "2026-11-12T10:00");
  driver_->Step();
  EXPECT_EQ(Value("proposals", "u1"), "1");
  EXPECT_EQ(Value("proposals", "u1", "2026-11-10", "2026-11-11"), "1");
  EXPECT_EQ(Value("pipeline", "u1", "2026-11-12", "2026-11-13"), "500");
}

TEST_F(EntitiesTest, S19ADeletedEntityIsTakenOutAndOlderStatesDoNotBringItBack) {
  Send("crm.opportunity.stage_changed", "d1", 1, "u1", R"(,"to_stage":"proposal")" + Amount("500"));
  Send("crm.opportunity.deleted", "d1", 3, "");
  Send("crm.opportunity.stage_changed", "d1", 2, "u1", R"(,"to_stage":"proposal")" + Amount("600"));
  Send("crm.opportunity.deleted", "d2", 3, "");  // before anything else is known of it
  Send("crm.opportunity.won", "d2", 2, "u1");
  driver_->Step();
  EXPECT_EQ(Value("proposals", "u1"), "0");
  EXPECT_EQ(Value("pipeline", "u1"), "0");
  EXPECT_EQ(Value("wins", "u1"), "0");
}

TEST_F(EntitiesTest, S20AWinStaysWithItsOwnerAndThePipelineGoesWithTheDeal) {
  const std::string proposal = R"(,"to_stage":"proposal")" + Amount("500");
  Send("crm.opportunity.stage_changed", "d1", 1, "u1", proposal);
  Send("crm.opportunity.won", "d2", 1, "u1");
  driver_->Step();
  Send("crm.opportunity.owner_changed", "d1", 2, "u2", proposal);
  Send("crm.opportunity.owner_changed", "d2", 2, "u2");
  driver_->Step();
  EXPECT_EQ(Value("pipeline", "u1"), "0");
  EXPECT_EQ(Value("pipeline", "u2"), "500");
  EXPECT_EQ(Value("wins", "u1"), "1");
  EXPECT_EQ(Value("wins", "u2"), "0");
}

TEST_F(EntitiesTest, AnEventWithoutAnEntityCountsByItself) {
  for (int i = 0; i < 2; ++i) {
    Send("erp.order.confirmed", "", -1, "u1", Amount("10"));
  }
  Send("erp.order.deleted", "", -1, "u1");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "20");
  const Exclusions left_out = driver_->core().TakeExclusions();
  ASSERT_EQ(left_out.size(), 3U) << "of the three KPIs that an order's end retracts";
  EXPECT_EQ(left_out.begin()->first.second, "no_entity");
}

TEST_F(EntitiesTest, S18AStateOfADayThatIsFinalIsBookedOnAnOpenOne) {
  Order(1, "u1", "100", "2026-09-01T10:00");
  driver_->Heartbeat(At("2026-11-16T00:00"));
  driver_->Step();
  Order(2, "u1", "70", "2026-09-01T10:00");
  driver_->Heartbeat(At("2026-11-17T00:00"));
  driver_->Step();
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1", "2026-09-01", "2026-09-02"), "100") << "it was closed so";
  EXPECT_EQ(Value("sales", "u1"), "-30");
  Order(3, "u1", "80", "2026-09-01T10:00");
  driver_->Heartbeat(At("2026-11-18T00:00"));
  driver_->Step();
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1", "2026-09-01", "2026-12-01"), "80");
}

TEST_F(EntitiesTest, AnotherDefinitionOfTheKpiBeginsWithoutTheOldStates) {
  Order(1, "u1", "100");
  driver_->Step();
  std::string other = kRules;
  other.replace(other.find("cancelled"), 9, "withdrawn");  // of the first KPI only
  driver_->Reload(other);
  Order(2, "u1", "70", "2026-11-12T10:00");
  driver_->Step();
  EXPECT_EQ(Value("sales", "u1"), "70");
  EXPECT_EQ(Value("sales_original", "u1"), "70");
}

TEST_F(EntitiesTest, OnlyItsOwnRecordIsReadAndWrittenHoweverManyOthersThereAre) {
  uint64_t bytes[2];
  for (const int others : {0, 5'000}) {
    driver_ = std::make_unique<CoreDriver>(std::string(kRules));
    for (int i = 0; i < others; ++i) {
      Send("crm.opportunity.won", "x" + std::to_string(i), 1, "u1");
    }
    Send("crm.opportunity.won", "d1", 1, "u1");
    driver_->Step();
    const uint64_t before = driver_->store().bytes_written();
    Send("crm.opportunity.reopened", "d1", 2, "u1");
    driver_->Step();
    bytes[others > 0 ? 1 : 0] = driver_->store().bytes_written() - before;
  }
  EXPECT_NEAR(static_cast<double>(bytes[0]), static_cast<double>(bytes[1]), 64);
}

// Against the plainest way to say it: of each order the highest version counts.
TEST_F(EntitiesTest, NeitherOrderNorBatchesNorCrashesMatter) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t n) { return static_cast<int>(random() % n); };
    struct State {
      int order, version, amount, owner, day;
      bool deleted;
    };
    std::vector<State> states;
    std::map<int, State> last;
    for (int order = 0; order < 6; ++order) {
      for (int version = 1; version < 2 + below(4); ++version) {
        states.push_back({order, version, 1 + below(90), below(2), 9 + below(7), below(5) == 0});
        last[order] = states.back();
      }
    }
    std::shuffle(states.begin(), states.end(), random);
    driver_ = std::make_unique<CoreDriver>(std::string(kRules));
    for (const State& s : states) {
      const std::string day =
          "2026-11-" + std::string(s.day < 10 ? "0" : "") + std::to_string(s.day) + "T10:00";
      Send(s.deleted ? "erp.order.deleted" : "erp.order.changed", "o" + std::to_string(s.order),
           s.version, s.owner == 0 ? "u1" : "u2", Amount(std::to_string(s.amount)), day);
      if (below(3) == 0) {
        driver_->Step();
        if (below(2) == 0) {
          driver_->Restart();
        }
      }
      if (below(15) == 0) {
        driver_->Heartbeat(At("2026-11-12T23:00"));
      }
    }
    driver_->Heartbeat(At("2026-11-17T23:00"));
    driver_->Step();
    driver_->Step();
    int expected[2] = {0, 0};
    for (const auto& [order, s] : last) {
      expected[s.owner] += s.deleted ? 0 : s.amount;
    }
    EXPECT_EQ(Value("sales", "u1"), std::to_string(expected[0])) << seed;
    EXPECT_EQ(Value("sales", "u2"), std::to_string(expected[1])) << seed;
  }
}

}  // namespace
}  // namespace kpiwatch
