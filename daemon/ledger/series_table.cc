#include "daemon/ledger/series_table.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/rulebook/limits.h"

namespace kpiwatch {

SeriesTable::SeriesTable(Options options, size_t kpi_count, BucketLoader* loader)
    : options_(options), kpi_count_(kpi_count), loader_(loader) {
  static_assert(kMaxKpis < UINT16_MAX);
  KPIWATCH_CHECK(kpi_count <= kMaxKpis, "the loader bounds the number of KPIs");
}

SeriesTable::Series& SeriesTable::At(SubjectId subject) {
  if (subject.value() >= series_.size()) {
    series_.resize(subject.value() + 1);
  }
  Series& series = series_[subject.value()];
  series.used_step = step_;
  return series;
}

void SeriesTable::MarkNew(SubjectId subject) { At(subject).loaded_from = kAlways; }

absl::Status SeriesTable::EnsureLoaded(SubjectId subject, Series* series, Day day) {
  if (day >= series->loaded_from) {
    return absl::OkStatus();
  }
  const Day from = day - kLoadAhead;
  std::vector<DatedRow> loaded;
  const auto keep = [&](Day stored, std::span<const StoredCell> cells) {
    auto row = std::make_unique<DayRow>();
    for (const StoredCell& cell : cells) {
      CellFor(series, row.get(), cell.kpi).value = cell.value;
    }
    loaded.push_back({stored, std::move(row)});
  };
  KPIWATCH_RETURN_IF_ERROR(loader_->Load(subject, from, series->loaded_from, keep));
  series->rows.insert(series->rows.begin(), std::make_move_iterator(loaded.begin()),
                      std::make_move_iterator(loaded.end()));
  series->loaded_from = from;
  return absl::OkStatus();
}

SeriesTable::DayRow* SeriesTable::RowFor(Series* series, Day day) {
  auto& rows = series->rows;
  const auto it = std::lower_bound(rows.begin(), rows.end(), day,
                                   [](const DatedRow& row, Day d) { return row.day < d; });
  if (it != rows.end() && it->day == day) {
    return it->row.get();
  }
  return rows.insert(it, {day, std::make_unique<DayRow>()})->row.get();
}

SeriesTable::Cell& SeriesTable::CellFor(Series* series, DayRow* row, KpiIndex kpi) {
  if (row->position.empty()) {
    row->position.resize(kpi_count_);
  }
  uint16_t& position = row->position[kpi];
  if (position == 0) {
    Cell cell;
    cell.kpi = static_cast<uint16_t>(kpi);
    row->cells.push_back(cell);
    position = static_cast<uint16_t>(row->cells.size());
    ++series->cells;
    ++cell_count_;
  }
  return row->cells[position - 1];
}

absl::StatusOr<SeriesTable::Cell*> SeriesTable::Add(SubjectId subject, Day day, KpiIndex kpi,
                                                    const Aggregate& delta) {
  Series& series = At(subject);
  DayRow* row = series.last;
  if (row == nullptr || series.last_day != day) {
    KPIWATCH_RETURN_IF_ERROR(EnsureLoaded(subject, &series, day));
    row = RowFor(&series, day);
    series.last = row;
    series.last_day = day;
  }
  Cell& cell = CellFor(&series, row, kpi);
  if (cell.touched_step != step_) {
    cell.touched_step = step_;
    cell.note = 0;
    touched_.push_back({.subject = subject,
                        .day = day,
                        .kpi = kpi,
                        .cell = static_cast<uint16_t>(&cell - row->cells.data()),
                        .row = row,
                        .before = cell.value});
    if (row->dirty_step != step_) {
      row->dirty_step = step_;
      dirty_.push_back({subject, day, row});
    }
  }
  cell.value.Merge(delta);
  return &cell;
}

absl::StatusOr<Aggregate> SeriesTable::Sum(SubjectId subject, KpiIndex kpi, Day begin, Day end,
                                           bool* any) {
  Series& series = At(subject);
  KPIWATCH_RETURN_IF_ERROR(EnsureLoaded(subject, &series, begin));
  Aggregate sum;
  auto it = std::lower_bound(series.rows.begin(), series.rows.end(), begin,
                             [](const DatedRow& row, Day d) { return row.day < d; });
  for (; it != series.rows.end() && it->day < end; ++it) {
    const DayRow& row = *it->row;
    if (!row.position.empty() && row.position[kpi] != 0) {
      sum.Merge(row.cells[row.position[kpi] - 1].value);
      if (any != nullptr) {
        *any = true;
      }
    }
  }
  return sum;
}

void SeriesTable::VisitDirtyDays(
    absl::FunctionRef<void(SubjectId, Day, std::span<const StoredCell>)> visit) const {
  std::vector<StoredCell> cells;
  for (const auto& [subject, day, row] : dirty_) {
    cells.clear();
    for (const Cell& cell : row->cells) {
      cells.push_back({cell.kpi, cell.value});
    }
    visit(subject, day, cells);
  }
}

void SeriesTable::NextStep() {
  touched_.clear();
  dirty_.clear();
  ++step_;
  if (cell_count_ > options_.max_cells) {
    Evict();
  }
}

void SeriesTable::Evict() {
  // What the last two steps used may not be durable yet, and reading it back would be too early.
  for (size_t n = 0; n < series_.size() && cell_count_ > options_.max_cells * 9 / 10; ++n) {
    evict_hand_ = (evict_hand_ + 1) % series_.size();
    Series& series = series_[evict_hand_];
    if (series.cells > 0 && series.used_step + 2 < step_) {
      cell_count_ -= series.cells;
      series = Series();
    }
  }
}

}  // namespace kpiwatch
