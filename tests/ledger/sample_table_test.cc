#include "daemon/ledger/sample_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace kpiwatch {
namespace {

constexpr SubjectId kAnn(0), kBob(1);
constexpr KpiIndex kKpi = 0;

// What was written, as the store would have it.
class FakeStore final : public SampleLoader {
 public:
  absl::Status Load(SubjectId subject, KpiIndex kpi, Day begin, Day end,
                    absl::FunctionRef<void(Day, Samples)> visit) override {
    ++loads;
    for (const auto& [key, samples] : stored) {
      const auto& [s, k, day] = key;
      if (s == subject && k == kpi && begin <= day && day < end) {
        visit(day, samples);
      }
    }
    return absl::OkStatus();
  }
  std::map<std::tuple<SubjectId, KpiIndex, Day>, Samples> stored;
  int loads = 0;
};

class SampleTableTest : public testing::Test {
 protected:
  SampleTableTest() {
    book_.kpis.resize(1);
    book_.kpis[0].measure.kind = MeasureKind::kMedian;
    Restart(1000);
  }
  void Restart(size_t most) {
    table_ =
        std::make_unique<SampleTable>(SampleTable::Options{.max_entries = most}, &book_, &store_);
  }
  void Add(SubjectId subject, int day, int value, int64_t count = 1) {
    ASSERT_TRUE(table_->Add(subject, kKpi, Day{day}, {0, Decimal::FromInt(value)}, count).ok());
  }
  void Step() {
    table_->Settle();
    table_->VisitDirty([&](const SampleTable::Dirty& dirty, const Samples& samples) {
      store_.stored.insert_or_assign({dirty.subject, dirty.kpi, dirty.day}, samples);
    });
    table_->NextStep();
  }
  // Values of the days [begin, end), each as often as it counts.
  std::vector<int> Values(SubjectId subject, int begin, int end) {
    const auto merged = table_->Merged(subject, kKpi, Day{begin}, Day{end});
    EXPECT_TRUE(merged.ok()) << merged.status();
    std::vector<int> values;
    for (const Samples::Entry& entry : merged->entries()) {
      values.insert(values.end(), static_cast<size_t>(entry.count),
                    static_cast<int>(entry.sample.value.ToDouble()));
    }
    return values;
  }

  Rulebook book_;
  FakeStore store_;
  std::unique_ptr<SampleTable> table_;
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(SampleTableTest, APeriodIsItsDaysMerged) {
  Add(kAnn, 5, 30);
  Add(kAnn, 7, 10);
  Add(kAnn, 5, 20);
  Add(kBob, 5, 99);
  EXPECT_THAT(Values(kAnn, 5, 8), ElementsAre(10, 20, 30)) << "before the step is settled, too";
  Step();
  EXPECT_THAT(Values(kAnn, 5, 8), ElementsAre(10, 20, 30));
  EXPECT_THAT(Values(kAnn, 5, 7), ElementsAre(20, 30));
  EXPECT_THAT(Values(kBob, 0, 5), IsEmpty());
}

TEST_F(SampleTableTest, ComesBackFromTheStore) {
  Add(kAnn, 5, 30);
  Add(kAnn, 200, 10);
  Step();
  Restart(1000);
  Add(kAnn, 200, 11);
  EXPECT_THAT(Values(kAnn, 200, 201), ElementsAre(10, 11));
  EXPECT_THAT(Values(kAnn, 0, 300), ElementsAre(10, 11, 30));
  Add(kAnn, 5, 30, -1);
  Step();
  Restart(1000);
  EXPECT_THAT(Values(kAnn, 0, 300), ElementsAre(10, 11));
}

TEST_F(SampleTableTest, LetsGoOfWhatWasNotUsedForLongest) {
  Restart(10);
  for (int value = 0; value < 8; ++value) {
    Add(kAnn, 5, value);
  }
  Step();
  for (int step = 0; step < 4; ++step) {
    for (int value = 0; value < 2; ++value) {
      Add(kBob, 5, 10 * step + value);
    }
    Step();
  }
  EXPECT_LE(table_->entries(), 8U) << "the first subject is gone";
  EXPECT_THAT(Values(kAnn, 5, 6), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7)) << "and read again";
}

}  // namespace
}  // namespace kpiwatch
