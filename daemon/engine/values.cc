// Reading values off the core between steps.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

absl::StatusOr<PeriodValue> Core::ReadValue(KpiIndex k, SubjectId subject, const Period& period) {
  const Kpi& kpi = rulebook_->kpis[k];
  const SubjectInfo& info = subjects_.Get(subject);
  PeriodValue value;
  value.kpi = kpi.name;
  value.subject = info.Name();
  value.period = period;
  const Target* const target = rulebook_->FindTarget(k, value.subject, period);
  KPIWATCH_ASSIGN_OR_RETURN(
      value.reading,
      viewer_->Read(k, subject, std::string(LevelOfPerson(*rulebook_, info, period)), period,
                    target == nullptr ? std::nullopt : std::optional(target->value)));
  PeriodInput input = InputOf(period, value.reading);
  for (RuleIndex r = 0; r < rulebook_->rules.size(); ++r) {
    const Rule& rule = rulebook_->rules[r];
    const bool same_kind = rule.period == period.kind ||
                           (rule.period == PeriodKind::kTarget && target != nullptr);
    if (rule.kpi != k || !same_kind || !RuleCovers(*rulebook_, rule, info, period)) {
      continue;
    }
    LadderState streaks;
    KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, rule_id_of_[r]));
    for (const SealedRecord& record : ladder->records) {
      if (record.period.begin == period.begin && record.period.end == period.end) {
        streaks = record.after;
      }
    }
    value.level = std::max(value.level, BandOf(rule, streaks, input));
  }
  return value;
}

absl::StatusOr<std::vector<PeriodValue>> Core::Values() {
  std::vector<PeriodValue> values;
  SortSubjects();
  for (KpiIndex k = 0; k < rulebook_->kpis.size(); ++k) {
    const SealGroup& group = groups_[group_of_kpi_[k]];
    const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
    std::set<PeriodKind> kinds;
    for (const Rule& rule : rulebook_->rules) {
      if (rule.kpi == k && rule.period != PeriodKind::kTarget) {
        kinds.insert(rule.period);
      }
    }
    for (const SubjectId subject : subjects_by_name_) {
      const std::string name = subjects_.Get(subject).Name();
      std::set<Period> periods;
      for (const Target& target : rulebook_->targets) {
        if (target.kpi == k && target.subject == name) {
          periods.insert(target.period);
        }
      }
      for (const PeriodKind kind : kinds) {
        if (!group.earliest) {
          continue;
        }
        const Day last = std::max(group.next.value_or(*group.earliest), *group.earliest);
        for (Period period = calendar.PeriodOf(kind, *group.earliest); period.begin < last;
             period = calendar.PeriodOf(kind, period.end)) {
          periods.insert(period);
        }
      }
      for (const Period& period : periods) {
        KPIWATCH_ASSIGN_OR_RETURN(PeriodValue value, ReadValue(k, subject, period));
        const bool says_something = value.reading.count != 0 || !value.reading.value.is_zero() ||
                                    value.reading.target.has_value();
        if (says_something) {
          values.push_back(std::move(value));
        }
      }
    }
  }
  std::stable_sort(values.begin(), values.end(), [](const PeriodValue& a, const PeriodValue& b) {
    return std::tie(a.kpi, a.subject, a.period.begin, a.period.end) <
           std::tie(b.kpi, b.subject, b.period.begin, b.period.end);
  });
  return values;
}

}  // namespace kpiwatch
