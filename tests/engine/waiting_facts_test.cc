#include "daemon/engine/waiting_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <tuple>

#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Taken =
    std::vector<std::tuple<uint32_t, uint32_t, int, int64_t>>;  // KPI, subject, day, count

WaitingFacts::Cell At(uint32_t kpi, uint32_t subject, int day, int until) {
  return {kpi, SubjectId(subject), Day{day}, Day{until}};
}

class WaitingFactsTest : public testing::TestWithParam<size_t> {
 protected:
  WaitingFactsTest() { Restart(); }
  void Restart() {
    facts_ = std::make_unique<WaitingFacts>(&store_, GetParam());
    ASSERT_TRUE(facts_->Restore().ok());
  }
  void Step() {
    WriteBatch batch;
    facts_->Write(&batch);
    EXPECT_LE(facts_->in_memory(), GetParam());
    ASSERT_TRUE(store_.Write(batch).ok());
  }
  // What waits until a day before `end`.
  Taken Take(int end, std::optional<uint32_t> kpi = {}) {
    Taken taken;
    const auto due = [&](uint32_t id, Day until) {
      return until < Day{end} && (!kpi || id == *kpi);
    };
    const bool any = facts_->AnyDue(due);
    EXPECT_TRUE(facts_
                    ->TakeDue(due,
                              [&](const WaitingFacts::Cell& cell, const Aggregate& delta,
                                  const std::vector<Samples::Entry>&) {
                                taken.emplace_back(cell.kpi_id, cell.subject.value(),
                                                   cell.day.number, delta.count);
                                return absl::OkStatus();
                              })
                    .ok());
    EXPECT_EQ(any, !taken.empty());
    return taken;
  }
  int Stored() {
    int count = 0;
    EXPECT_TRUE(store_.Scan(Family::kMeta, "l", "m", [&](auto, auto) { return ++count > 0; }).ok());
    return count;
  }

  MemoryStore store_;
  std::unique_ptr<WaitingFacts> facts_;
};

TEST_P(WaitingFactsTest, AreTakenWhenDueInTheOrderInWhichTheyCame) {
  facts_->Add(At(1, 7, 10, 10), {1, {}});
  facts_->Add(At(1, 5, 10, 10), {2, {}});
  facts_->Add(At(2, 7, 10, 10), {4, {}});
  Step();
  facts_->Add(At(1, 7, 9, 11), {8, {}});
  EXPECT_THAT(Take(10), IsEmpty());
  EXPECT_THAT(Take(11, 1), ElementsAre(std::tuple(1, 7, 10, 1), std::tuple(1, 5, 10, 2)));
  EXPECT_THAT(Take(11, 1), IsEmpty());
  Step();
  EXPECT_EQ(Stored(), 2);
  EXPECT_THAT(Take(12), ElementsAre(std::tuple(2, 7, 10, 4), std::tuple(1, 7, 9, 8)));
  Step();
  EXPECT_EQ(Stored(), 0);
}

TEST_P(WaitingFactsTest, ManyFactsOfACellAreOneSumThroughRestarts) {
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 100; ++i) {
      facts_->Add(At(1, 7, 10, 10), {1, {}});
    }
    Step();
    if (round % 2 == 1) {
      Restart();
    }
  }
  EXPECT_LE(Stored(), 4);
  int64_t count = 0;
  for (const auto& taken : Take(11)) {
    count += std::get<3>(taken);
  }
  EXPECT_EQ(count, 400);
  Step();
  EXPECT_EQ(Stored(), 0);
}

INSTANTIATE_TEST_SUITE_P(CellsInMemory, WaitingFactsTest, testing::Values(0, 1, 2, 1000));

TEST(WaitingFactsStoreTest, DamageIsAnError) {
  MemoryStore store;
  WriteBatch batch;
  batch.Put(Family::kMeta, "l12345678", "x");
  ASSERT_TRUE(store.Write(batch).ok());
  WaitingFacts facts(&store, 10);
  EXPECT_TRUE(absl::IsDataLoss(facts.Restore()));
}

}  // namespace
}  // namespace kpiwatch
