#include "daemon/engine/pace_reader.h"

#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/evaluate/workload.h"
#include "daemon/lang/exact.h"

namespace kpiwatch {

absl::StatusOr<PaceReading> PaceReader::Read(KpiIndex k, SubjectId subject, const Period& period,
                                             std::optional<Decimal> target, Day day,
                                             std::optional<Day> best_from) {
  const Kpi& kpi = rulebook_->kpis[k];
  const SubjectInfo& info = subjects_->Get(subject);
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum, series_->Sum(subject, k, period.begin, day));
  SoFar so_far;
  so_far.value = MeasuredValue(kpi, sum);
  so_far.target = target;
  so_far.worked = WorkOf(*rulebook_, kpi, info, period.begin, day);
  so_far.all = WorkOf(*rulebook_, kpi, info, period.begin, period.end);
  if (best_from) {
    KPIWATCH_ASSIGN_OR_RETURN(so_far.best_rate, BestRateIn(k, subject, *best_from, day));
  }
  return PaceReading{ReadSimple(kpi, sum, target), PaceOf(kpi, so_far)};
}

absl::StatusOr<std::optional<Rational>> PaceReader::BestRateIn(KpiIndex k, SubjectId subject,
                                                               Day from, Day until) {
  const Kpi& kpi = rulebook_->kpis[k];
  std::vector<WorkedDay> days;
  for (; from < until; ++from) {
    KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum, series_->Sum(subject, k, from, from + 1));
    const int64_t work = WorkOf(*rulebook_, kpi, subjects_->Get(subject), from, from + 1);
    if (work > 0) {
      days.push_back({MeasuredValue(kpi, sum), static_cast<int>(work)});
    } else if (!days.empty()) {
      days.back().value += MeasuredValue(kpi, sum);
    }
  }
  return BestRate(days);
}

absl::StatusOr<std::optional<Rational>> PaceReader::BackLoading(KpiIndex k, SubjectId subject,
                                                                const Period& period) {
  const Kpi& kpi = rulebook_->kpis[k];
  const Day from = BeginOfTheEnd(*rulebook_, kpi, subjects_->Get(subject), period);
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate all,
                            series_->Sum(subject, k, period.begin, period.end));
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate end, series_->Sum(subject, k, from, period.end));
  return lang::Divide(Rational::Of(MeasuredValue(kpi, end)), Rational::Of(MeasuredValue(kpi, all)));
}

}  // namespace kpiwatch
