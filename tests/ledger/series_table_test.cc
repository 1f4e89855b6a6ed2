#include "daemon/ledger/series_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace kpiwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr SubjectId kAnn{0};
constexpr SubjectId kBob{1};

Aggregate A(int64_t count, int64_t sum = 0) { return {count, Decimal::FromInt(sum)}; }

// Days as a store would hold them.
class FakeLoader final : public BucketLoader {
 public:
  absl::Status Load(SubjectId subject, Day begin, Day end,
                    absl::FunctionRef<void(Day, std::span<const StoredCell>)> visit) override {
    ++loads;
    if (!error.ok()) {
      return error;
    }
    for (const auto& [key, cells] : days) {
      if (key.first == subject.value() && begin <= key.second && key.second < end) {
        visit(key.second, cells);
      }
    }
    return absl::OkStatus();
  }
  // Writes what a step has changed.
  void Save(const SeriesTable& table) {
    table.VisitDirtyDays([&](SubjectId subject, Day day, std::span<const StoredCell> cells) {
      days[{subject.value(), day}] = {cells.begin(), cells.end()};
    });
  }

  std::map<std::pair<uint32_t, Day>, std::vector<StoredCell>> days;
  absl::Status error;
  int loads = 0;
};

class SeriesTableTest : public testing::Test {
 protected:
  void Add(SubjectId subject, int day, KpiIndex kpi, const Aggregate& delta) {
    ASSERT_TRUE(table_.Add(subject, Day{day}, kpi, delta).ok());
  }
  Aggregate Sum(SubjectId subject, KpiIndex kpi, int begin, int end) {
    const auto sum = table_.Sum(subject, kpi, Day{begin}, Day{end});
    EXPECT_TRUE(sum.ok()) << sum.status();
    return sum.value_or(Aggregate());
  }
  void Step() {
    loader_.Save(table_);
    table_.NextStep();
  }

  FakeLoader loader_;
  SeriesTable table_{{.max_cells = 4}, 3, &loader_};
};

TEST_F(SeriesTableTest, SumsDaysWithoutTheEnd) {
  Add(kAnn, 10, 0, A(1, 5));
  Add(kAnn, 12, 0, A(2, 7));
  Add(kAnn, 12, 1, A(100));
  Add(kBob, 10, 0, A(50));
  EXPECT_EQ(Sum(kAnn, 0, 10, 13), A(3, 12));
  EXPECT_EQ(Sum(kAnn, 0, 10, 12), A(1, 5));
  EXPECT_EQ(Sum(kAnn, 0, 11, 12), A(0));
  EXPECT_EQ(Sum(kAnn, 2, 10, 13), A(0));
}

TEST_F(SeriesTableTest, NotesACellOnceAStepWithWhatWasAdded) {
  Add(kAnn, 10, 0, A(1));
  Add(kAnn, 10, 0, A(1));
  Add(kAnn, 10, 1, A(1));
  ASSERT_THAT(table_.touched(), SizeIs(2));
  EXPECT_EQ(SeriesTable::Added(table_.touched()[0]), A(2));
  Step();
  EXPECT_THAT(table_.touched(), IsEmpty());
  Add(kAnn, 10, 0, A(5));
  ASSERT_THAT(table_.touched(), SizeIs(1));
  EXPECT_EQ(SeriesTable::Added(table_.touched()[0]), A(5));
}

TEST_F(SeriesTableTest, GivesChangedDaysWhole) {
  Add(kAnn, 10, 0, A(1));
  Add(kAnn, 10, 2, A(3));
  Step();
  Add(kAnn, 10, 2, A(1));
  std::vector<std::string> days;
  table_.VisitDirtyDays([&](SubjectId subject, Day day, std::span<const StoredCell> cells) {
    std::string text = std::to_string(subject.value()) + "/" + std::to_string(day.number) + ":";
    for (const StoredCell& cell : cells) {
      text += " " + std::to_string(cell.kpi) + "=" + std::to_string(cell.value.count);
    }
    days.push_back(text);
  });
  EXPECT_THAT(days, ElementsAre("0/10: 0=1 2=4"));
}

TEST_F(SeriesTableTest, ReadsStoredDaysWhenTheyAreNeeded) {
  loader_.days[{0, Day{10}}] = {{0, A(7)}};
  loader_.days[{0, Day{-200}}] = {{0, A(1)}};
  EXPECT_EQ(Sum(kAnn, 0, 10, 11), A(7));
  EXPECT_EQ(Sum(kAnn, 0, 5, 11), A(7));
  EXPECT_EQ(loader_.loads, 1) << "days near by were read along";
  EXPECT_EQ(Sum(kAnn, 0, -300, 11), A(8));
  Add(kAnn, 10, 0, A(1));
  EXPECT_EQ(Sum(kAnn, 0, 10, 11), A(8));
}

TEST_F(SeriesTableTest, DoesNotLookForANewSubjectInTheStore) {
  table_.MarkNew(kAnn);
  Add(kAnn, 10, 0, A(1));
  EXPECT_EQ(Sum(kAnn, 0, -1000, 11), A(1));
  EXPECT_EQ(loader_.loads, 0);
}

TEST_F(SeriesTableTest, LetsGoOfWhatWasNotUsedAndReadsItAgain) {
  for (uint32_t s = 0; s < 10; ++s) {
    Add(SubjectId(s), 10, 0, A(s + 1));
  }
  Step();
  EXPECT_EQ(table_.cells(), 10U) << "the last two steps may not be durable yet";
  Step();
  Step();
  EXPECT_LE(table_.cells(), 4U);
  for (uint32_t s = 0; s < 10; ++s) {
    EXPECT_EQ(Sum(SubjectId(s), 0, 10, 11), A(s + 1)) << s;
  }
}

TEST_F(SeriesTableTest, ANoteLastsOneStepAndAnArmedCellStaysSo) {
  const auto add = [&] { return *table_.Add(kAnn, Day{10}, 0, A(1)); };
  add()->note = 7;
  add()->armed = 3;
  EXPECT_EQ(add()->note, 7u);
  table_.NextStep();
  EXPECT_EQ(add()->note, 0u);
  EXPECT_EQ(add()->armed, 3);
}

TEST_F(SeriesTableTest, AStoreThatFailsIsAnError) {
  loader_.error = absl::UnavailableError("io");
  EXPECT_TRUE(absl::IsUnavailable(table_.Add(kAnn, Day{10}, 0, A(1)).status()));
  EXPECT_TRUE(absl::IsUnavailable(table_.Sum(kAnn, 0, Day{10}, Day{11}).status()));
}

}  // namespace
}  // namespace kpiwatch
