// The samples of KPIs whose measure needs them, by subject, KPI and business day, beside the sums
// of the series table. KPIs that count or sum have none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/fold/subject_table.h"
#include "daemon/model/day.h"
#include "daemon/model/samples.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Where days come from that are not in memory: implemented over the store.
class SampleLoader {
 public:
  virtual ~SampleLoader() = default;
  // Calls `visit` for each stored day of the subject's KPI in [begin, end), ascending. Errors: the
  // store's.
  virtual absl::Status Load(SubjectId subject, KpiIndex kpi, Day begin, Day end,
                            absl::FunctionRef<void(Day, Samples)> visit) = 0;
};

// Operation: a step is Add…, which only notes; Settle, which merges what was noted into the days;
// VisitDirty; NextStep. What was noted is in Merged at once.
// Concurrency: owned by the engine thread.
// Limits: with more than Options::max_entries samples in memory the series that were not used for
// longest go, but not those of the present and the two last steps.
class SampleTable {
 public:
  struct Options {
    size_t max_entries = 4'000'000;  // 48 bytes each
  };
  // Days that the present step has changed.
  struct Dirty {
    SubjectId subject;
    KpiIndex kpi = 0;
    Day day;
  };

  // `rulebook` and `loader` are borrowed.
  SampleTable(Options options, const Rulebook* rulebook, SampleLoader* loader)
      : options_(options), rulebook_(rulebook), loader_(loader) {}

  // Notes a sample, `count` times (negative: taken out), or many. Errors: the loader's.
  absl::Status Add(SubjectId subject, KpiIndex kpi, Day day, const Sample& sample, int64_t count);
  absl::Status Add(SubjectId subject, KpiIndex kpi, Day day,
                   const std::vector<Samples::Entry>& entries);

  // In order of first change. Days that are added to while this is read come behind the others.
  const std::vector<Dirty>& dirty() const { return dirty_; }
  // What the present step has noted for a day since the last Settle.
  const std::vector<Samples::Entry>& Noted(const Dirty& dirty);
  // Merges it into the days.
  void Settle();

  // The samples of [begin, end), end not included. Errors: the loader's.
  absl::StatusOr<Samples> Merged(SubjectId subject, KpiIndex kpi, Day begin, Day end);

  // Calls `visit` with the whole content of each changed day. REQUIRES: Settle was called.
  void VisitDirty(absl::FunctionRef<void(const Dirty&, const Samples&)> visit);
  void NextStep();

  size_t entries() const { return entry_count_; }

 private:
  struct DayOf {
    Day day;
    Samples samples;
    std::vector<Samples::Entry> noted;
    uint64_t dirty_step = 0;
  };
  struct Series {
    std::vector<std::unique_ptr<DayOf>> days;  // ascending
    Day loaded_from{INT32_MAX};                // stored days from here on are in memory
    uint64_t used_step = 0;
    size_t entries = 0;
  };
  static constexpr int kLoadAhead = 40;

  using Key = std::pair<SubjectId, KpiIndex>;

  absl::StatusOr<Series*> Find(SubjectId subject, KpiIndex kpi, Day day);
  absl::StatusOr<DayOf*> DayToChange(SubjectId subject, KpiIndex kpi, Day day);
  SampleUse UseOf(KpiIndex kpi) const { return *rulebook_->kpis[kpi].measure.SamplesUse(); }
  void Evict();

  const Options options_;
  const Rulebook* const rulebook_;
  SampleLoader* const loader_;
  absl::flat_hash_map<Key, std::unique_ptr<Series>> series_;
  std::vector<Dirty> dirty_;
  uint64_t step_ = 1;
  size_t entry_count_ = 0;
};

}  // namespace kpiwatch
