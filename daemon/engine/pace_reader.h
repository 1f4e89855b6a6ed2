// What the days of a period say of its pace (S-11, S-12, R-26), read from the series.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "daemon/engine/core_types.h"
#include "daemon/fold/subject_table.h"
#include "daemon/ledger/series_table.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

class PaceReader {
 public:
  // The best times of a subject are looked for in so many days.
  static constexpr int kHistoryDays = 365;

  // All are borrowed.
  PaceReader(const Rulebook* rulebook, const SubjectTable* subjects, SeriesTable* series)
      : rulebook_(rulebook), subjects_(subjects), series_(series) {}

  // What the days of the period before `day` say; with `best_from` also what the best times since
  // then could make of the rest. Errors: the store's.
  absl::StatusOr<PaceReading> Read(KpiIndex kpi, SubjectId subject, const Period& period,
                                   std::optional<Decimal> target, Day day,
                                   std::optional<Day> best_from);
  // The part of the period's value that came at its end; nullopt: of nothing.
  absl::StatusOr<std::optional<Rational>> BackLoading(KpiIndex kpi, SubjectId subject,
                                                      const Period& period);

 private:
  absl::StatusOr<std::optional<Rational>> BestRateIn(KpiIndex kpi, SubjectId subject, Day from,
                                                     Day until);

  const Rulebook* const rulebook_;
  const SubjectTable* const subjects_;
  SeriesTable* const series_;
};

}  // namespace kpiwatch
