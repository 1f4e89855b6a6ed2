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

// A cell that the present step has changed.
struct Touched {
  SubjectId subject;
  Day day;
  KpiIndex kpi = 0;
  Aggregate added;            // what the step has added so far
  uint32_t first_cause = 0;   // chain of the step's causes, 1-based; 0: none kept
  uint32_t last_cause = 0;
};

class SeriesTable {
 public:
  struct Options {
    size_t max_cells = 4'000'000;  // about 64 bytes each
  };

  // `loader` is borrowed; `kpi_count` is the rulebook's number of KPIs.
  SeriesTable(Options options, size_t kpi_count, BucketLoader* loader);

  // Says that nothing of `subject` is stored yet, so that no load is tried.
  void MarkNew(SubjectId subject);

  // Adds `delta` to a cell and returns its index in touched(). Errors: the loader's.
  absl::StatusOr<uint32_t> Add(SubjectId subject, Day day, KpiIndex kpi, const Aggregate& delta);

  // The sum of [begin, end), end not included. Errors: the loader's.
  absl::StatusOr<Aggregate> Sum(SubjectId subject, KpiIndex kpi, Day begin, Day end);

  // The cells that the present step has changed, in order of first change.
  std::vector<Touched>& touched() { return touched_; }
  // Calls `visit` with the whole content of each changed day, in order of first change.
  void VisitDirtyDays(
      absl::FunctionRef<void(SubjectId, Day, std::span<const StoredCell>)> visit) const;
  // Begins the next step: forgets what was touched, lets go of old subjects beyond the limit.
  void NextStep();

  size_t cells() const { return cell_count_; }

 private:
  struct Cell {
    Aggregate value;
    uint32_t kpi = 0;
    uint32_t touched = 0;  // 1-based index into touched_, valid in step touched_step
    uint64_t touched_step = 0;
  };
  struct DayRow {
    Day day;
    uint64_t dirty_step = 0;
    std::vector<Cell> cells;
    std::vector<uint16_t> position;  // by KPI: 1-based index into cells; empty until the first cell
  };
  struct Series {
    std::vector<std::unique_ptr<DayRow>> rows;  // by day
    DayRow* last = nullptr;                     // the row used last
    Day loaded_from = kNever;                   // stored days from here on are in memory
    uint64_t used_step = 0;
    uint32_t cells = 0;
  };
  // Loading begins this many days before the day asked for, to make one scan of many.
  static constexpr int kLoadAhead = 40;
  static constexpr Day kNever{INT32_MAX};
  static constexpr Day kAlways{INT32_MIN};

  Series& At(SubjectId subject);
  absl::Status EnsureLoaded(SubjectId subject, Series* series, Day day);
  DayRow* RowFor(Series* series, Day day);
  Cell& CellFor(Series* series, DayRow* row, KpiIndex kpi);
  void Evict();

  const Options options_;
  const size_t kpi_count_;
  BucketLoader* const loader_;
  std::vector<Series> series_;  // by SubjectId
  std::vector<Touched> touched_;
  std::vector<std::pair<SubjectId, DayRow*>> dirty_;
  uint64_t step_ = 1;
  size_t cell_count_ = 0;
  size_t evict_hand_ = 0;
};

}  // namespace kpiwatch
