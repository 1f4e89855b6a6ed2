// The KPI time series in memory: for each subject its business days, for each day what every KPI
// gathered. Days are read from the store when first needed and written back by the engine.
//
// Operation: Add is called once per fact and touches one cell; everything else runs once per step.
// Concurrency: owned by the engine thread.
// Limits: at most Options::max_cells cells stay in memory beside those of the present and the
// two last steps; the subjects that were not used for longest go first.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "daemon/fold/subject_table.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// One KPI's bucket of a day, as stored.
struct StoredCell {
  KpiIndex kpi = 0;
  Aggregate value;
};

// Where days come from that are not in memory: implemented over the store.
class BucketLoader {
 public:
  virtual ~BucketLoader() = default;
  // Calls `visit` for each stored day of `subject` in [begin, end), ascending. Errors: the store's.
  virtual absl::Status Load(SubjectId subject, Day begin, Day end,
                            absl::FunctionRef<void(Day, std::span<const StoredCell>)> visit) = 0;
};

class SeriesTable {
  struct DayRow;

 public:
  // A bucket in memory, with room for two marks of the caller's.
  struct Cell {
    Aggregate value;
    uint16_t kpi = 0;
    uint16_t armed = 0;  // stays while the cell is in memory; zero in a new or newly loaded one
    uint32_t note = 0;   // zero when a step first touches the cell
    uint64_t touched_step = 0;
  };
  // A cell that the present step has changed.
  struct Touched {
    SubjectId subject;
    Day day;
    KpiIndex kpi = 0;
    uint16_t cell = 0;  // place in its row
    DayRow* row = nullptr;
    Aggregate before;  // its value when the step began
  };
  struct Options {
    size_t max_cells = 4'000'000;  // about 64 bytes each
  };

  // `loader` is borrowed; `kpi_count` is the rulebook's number of KPIs.
  SeriesTable(Options options, size_t kpi_count, BucketLoader* loader);

  // Says that nothing of `subject` is stored yet, so that no load is tried.
  void MarkNew(SubjectId subject);

  // Adds `delta` to a cell and returns it; valid until the next call. Errors: the loader's.
  absl::StatusOr<Cell*> Add(SubjectId subject, Day day, KpiIndex kpi, const Aggregate& delta);

  // The sum of [begin, end), end not included. *any (may be null) becomes true where there is a
  // cell. Errors: the loader's.
  absl::StatusOr<Aggregate> Sum(SubjectId subject, KpiIndex kpi, Day begin, Day end,
                                bool* any = nullptr);

  // Fetches the memory that Add will touch; to be called for each fact of a block, stage by stage,
  // stages 0 to kPrefetchStages - 1: each reads what the one before has fetched.
  static constexpr int kPrefetchStages = 4;
  template <int kStage>
  void Prefetch(SubjectId subject, KpiIndex kpi) const;

  // The cells that the present step has changed, in order of first change.
  const std::vector<Touched>& touched() const { return touched_; }
  static Cell& CellOf(const Touched& touched);
  // Fetches what CellOf will read of the cells behind touched()[i]: for walks over all of them.
  void PrefetchTouched(size_t i) const;
  // What the present step has added to the cell so far.
  static Aggregate Added(const Touched& touched) {
    return CellOf(touched).value.Since(touched.before);
  }
  // Calls `visit` with the whole content of each changed day, in order of first change.
  void VisitDirtyDays(
      absl::FunctionRef<void(SubjectId, Day, std::span<const StoredCell>)> visit) const;
  // Begins the next step: forgets what was touched, lets go of old subjects beyond the limit.
  void NextStep();

  size_t cells() const { return cell_count_; }

 private:
  struct DayRow {
    uint64_t dirty_step = 0;
    std::vector<Cell> cells;
    std::vector<uint16_t> position;  // by KPI: 1-based index into cells; empty until the first cell
  };
  struct DatedRow {
    Day day;  // here, so that looking for a day reads no rows
    std::unique_ptr<DayRow> row;
  };
  struct Series {
    std::vector<DatedRow> rows;  // by day
    DayRow* last = nullptr;      // the row used last, and its day
    Day last_day;
    Day loaded_from = kNever;  // stored days from here on are in memory
    uint64_t used_step = 0;
    uint32_t cells = 0;
  };
  // Loading begins this many days before the day asked for, to make one scan of many.
  static constexpr int kLoadAhead = 40;
  static constexpr Day kNever{INT32_MAX};
  static constexpr Day kAlways{INT32_MIN};

  Series& At(SubjectId subject);
  absl::Status EnsureLoaded(SubjectId subject, Series* series, Day day);
  static DayRow* RowFor(Series* series, Day day);
  Cell& CellFor(Series* series, DayRow* row, KpiIndex kpi);
  void Evict();

  const Options options_;
  const size_t kpi_count_;
  BucketLoader* const loader_;
  std::vector<Series> series_;  // by SubjectId
  std::vector<Touched> touched_;
  struct Dirty {
    SubjectId subject;
    Day day;
    const DayRow* row = nullptr;
  };
  std::vector<Dirty> dirty_;
  uint64_t step_ = 1;
  size_t cell_count_ = 0;
  size_t evict_hand_ = 0;
};

template <int kStage>
inline void SeriesTable::Prefetch(SubjectId subject, KpiIndex kpi) const {
  if (subject.value() >= series_.size()) {
    return;
  }
  const Series& series = series_[subject.value()];
  if constexpr (kStage == 0) {
    __builtin_prefetch(&series);
    return;
  }
  const DayRow* const row = series.last;
  if (row == nullptr) {
    return;
  }
  if constexpr (kStage == 1) {
    __builtin_prefetch(row);
  } else if constexpr (kStage == 2) {
    __builtin_prefetch(row->position.data() + kpi);
  } else if (const uint16_t position = row->position[kpi]; position != 0) {
    __builtin_prefetch(row->cells.data() + position - 1, 1);
  }
}

inline SeriesTable::Cell& SeriesTable::CellOf(const Touched& touched) {
  return touched.row->cells[touched.cell];
}

inline void SeriesTable::PrefetchTouched(size_t i) const {
  constexpr size_t kCellsAhead = 12, kRowsAhead = 24;
  if (i + kRowsAhead < touched_.size()) {
    __builtin_prefetch(touched_[i + kRowsAhead].row);
    __builtin_prefetch(&CellOf(touched_[i + kCellsAhead]));
  }
}

using Touched = SeriesTable::Touched;

}  // namespace kpiwatch
