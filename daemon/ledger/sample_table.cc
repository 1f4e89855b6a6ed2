#include "daemon/ledger/sample_table.h"

#include <algorithm>

#include "daemon/base/status_macros.h"

namespace kpiwatch {
namespace {

constexpr size_t kMostKept = 64;  // of a day's notes, so that the next step need not allocate

template <typename Days>
auto PlaceOf(Days& days, Day day) {
  return std::lower_bound(days.begin(), days.end(), day,
                          [](const auto& stored, Day d) { return stored->day < d; });
}

}  // namespace

absl::StatusOr<SampleTable::Series*> SampleTable::Find(SubjectId subject, KpiIndex kpi, Day day) {
  std::unique_ptr<Series>& found = series_[Key(subject, kpi)];
  if (found == nullptr) {
    found = std::make_unique<Series>();
  }
  Series* const series = found.get();
  series->used_step = step_;
  if (day < series->loaded_from) {
    const Day from = day - kLoadAhead;
    std::vector<std::unique_ptr<DayOf>> loaded;
    KPIWATCH_RETURN_IF_ERROR(
        loader_->Load(subject, kpi, from, series->loaded_from, [&](Day stored, Samples samples) {
          series->entries += samples.size();
          entry_count_ += samples.size();
          loaded.push_back(std::make_unique<DayOf>(DayOf{stored, std::move(samples), {}, 0}));
        }));
    series->days.insert(series->days.begin(), std::make_move_iterator(loaded.begin()),
                        std::make_move_iterator(loaded.end()));
    series->loaded_from = from;
  }
  return series;
}

absl::StatusOr<SampleTable::DayOf*> SampleTable::DayToChange(SubjectId subject, KpiIndex kpi,
                                                             Day day) {
  KPIWATCH_ASSIGN_OR_RETURN(Series* const series, Find(subject, kpi, day));
  auto place = PlaceOf(series->days, day);
  if (place == series->days.end() || (*place)->day != day) {
    place =
        series->days.insert(place, std::make_unique<DayOf>(DayOf{day, Samples(UseOf(kpi)), {}, 0}));
  }
  DayOf* const found = place->get();
  if (found->dirty_step != step_) {
    found->dirty_step = step_;
    dirty_.push_back({subject, kpi, day});
  }
  return found;
}

absl::Status SampleTable::Add(SubjectId subject, KpiIndex kpi, Day day, const Sample& sample,
                              int64_t count) {
  KPIWATCH_ASSIGN_OR_RETURN(DayOf* const found, DayToChange(subject, kpi, day));
  found->noted.push_back({sample, count});
  return absl::OkStatus();
}

absl::Status SampleTable::Add(SubjectId subject, KpiIndex kpi, Day day,
                              const std::vector<Samples::Entry>& entries) {
  KPIWATCH_ASSIGN_OR_RETURN(DayOf* const found, DayToChange(subject, kpi, day));
  found->noted.insert(found->noted.end(), entries.begin(), entries.end());
  return absl::OkStatus();
}

const std::vector<Samples::Entry>& SampleTable::Noted(const Dirty& dirty) {
  return (*PlaceOf(series_.at(Key(dirty.subject, dirty.kpi))->days, dirty.day))->noted;
}

void SampleTable::Settle() {
  for (const Dirty& dirty : dirty_) {
    Series& series = *series_.at(Key(dirty.subject, dirty.kpi));
    DayOf& day = **PlaceOf(series.days, dirty.day);
    if (day.noted.empty()) {
      continue;
    }
    const size_t before = day.samples.size();
    day.samples.Add(&day.noted);
    if (day.noted.capacity() > kMostKept) {
      day.noted = {};
    } else {
      day.noted.clear();
    }
    series.entries += day.samples.size() - before;  // either may be the larger: it wraps back
    entry_count_ += day.samples.size() - before;
  }
}

absl::StatusOr<Samples> SampleTable::Merged(SubjectId subject, KpiIndex kpi, Day begin, Day end) {
  KPIWATCH_ASSIGN_OR_RETURN(Series* const series, Find(subject, kpi, begin));
  Samples merged(UseOf(kpi));
  for (auto day = PlaceOf(series->days, begin); day != series->days.end() && (*day)->day < end;
       ++day) {
    merged.Merge((*day)->samples);
    if (!(*day)->noted.empty()) {
      std::vector<Samples::Entry> noted = (*day)->noted;
      merged.Add(&noted);
    }
  }
  return merged;
}

void SampleTable::VisitDirty(absl::FunctionRef<void(const Dirty&, const Samples&)> visit) {
  for (const Dirty& dirty : dirty_) {
    visit(dirty, (*PlaceOf(series_.at(Key(dirty.subject, dirty.kpi))->days, dirty.day))->samples);
  }
}

void SampleTable::NextStep() {
  dirty_.clear();
  ++step_;
  if (entry_count_ > options_.max_entries) {
    Evict();
  }
}

void SampleTable::Evict() {
  // What the last two steps used may not be durable yet, and reading it back would be too early.
  std::vector<std::pair<uint64_t, Key>> idle;
  for (const auto& [key, series] : series_) {
    if (series->used_step + 2 < step_) {
      idle.emplace_back(series->used_step, key);
    }
  }
  std::sort(idle.begin(), idle.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [used, key] : idle) {
    if (entry_count_ <= options_.max_entries * 9 / 10) {
      return;
    }
    const auto it = series_.find(key);
    entry_count_ -= it->second->entries;
    series_.erase(it);
  }
}

}  // namespace kpiwatch
