// Rules on the pace of open periods (evaluate: on_pace): whenever a day closes, what has come in
// its period so far is held against what is due by then (S-04, S-11). Days that are still open do
// not count, so that nothing depends on where batches are cut.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/evaluate/workload.h"
#include "daemon/lang/exact.h"

namespace kpiwatch {
namespace {

constexpr int kHistoryDays = 365;

// The first day that is not yet closed for the subject.
Day ClosedUntil(const SealGroup& group, const SubjectInfo& info) {
  const bool passed = group.sealing && info.Name() <= group.cursor;
  return *group.next + (passed ? 1 : 0);
}

}  // namespace

absl::StatusOr<PaceReading> Core::ReadPace(KpiIndex k, SubjectId subject, const Period& period,
                                           std::optional<Decimal> target, Day day, bool with_best) {
  const Kpi& kpi = rulebook_->kpis[k];
  const SubjectInfo& info = subjects_.Get(subject);
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum, series_->Sum(subject, k, period.begin, day));
  SoFar so_far;
  so_far.value = MeasuredValue(kpi, sum);
  so_far.target = target;
  so_far.worked = WorkOf(*rulebook_, kpi, info, period.begin, day);
  so_far.all = WorkOf(*rulebook_, kpi, info, period.begin, period.end);
  if (with_best) {
    KPIWATCH_ASSIGN_OR_RETURN(so_far.best_rate, BestRateBefore(k, subject, period, day));
  }
  return PaceReading{ReadSimple(kpi, sum, target), PaceOf(kpi, so_far)};
}

absl::StatusOr<std::optional<Rational>> Core::BestRateBefore(KpiIndex k, SubjectId subject,
                                                             const Period& period, Day day) {
  const Kpi& kpi = rulebook_->kpis[k];
  const SealGroup& group = groups_[group_of_kpi_[k]];
  Day from = std::max(day - kHistoryDays, group.earliest.value_or(period.begin));
  if (!IsMeasured(k, {PeriodKind::kTarget, from, day})) {
    from = std::max(from, period.begin);
  }
  std::vector<WorkedDay> days;
  for (; from < day; ++from) {
    KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum, series_->Sum(subject, k, from, from + 1));
    const int64_t work = WorkOf(*rulebook_, kpi, subjects_.Get(subject), from, from + 1);
    if (work > 0) {
      days.push_back({MeasuredValue(kpi, sum), static_cast<int>(work)});
    } else if (!days.empty()) {
      days.back().value += MeasuredValue(kpi, sum);
    }
  }
  return BestRate(days);
}

absl::StatusOr<std::optional<Rational>> Core::BackLoading(KpiIndex k, SubjectId subject,
                                                          const Period& period) {
  const Kpi& kpi = rulebook_->kpis[k];
  const Day from = BeginOfTheEnd(*rulebook_, kpi, subjects_.Get(subject), period);
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate all,
                            series_->Sum(subject, k, period.begin, period.end));
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate end, series_->Sum(subject, k, from, period.end));
  return lang::Divide(Rational::Of(MeasuredValue(kpi, end)), Rational::Of(MeasuredValue(kpi, all)));
}

bool Core::LooksAtPace(RuleIndex r, SubjectId subject, const Period& period, Day day) const {
  const Rule& rule = rulebook_->rules[r];
  const std::optional<Decimal> target = TargetIn(r, subject, period);
  return (!plans_.needs_target[r] || (target && !target->is_zero())) &&
         AnswersForZero(*rulebook_, rule, subjects_.Get(subject), period, day) &&
         IsMeasured(rule.kpi, period);
}

absl::Status Core::LookAtPace(RuleIndex r, SubjectId subject, Day day) {
  const Rule& rule = rulebook_->rules[r];
  const SubjectInfo& info = subjects_.Get(subject);
  if ((rule.for_each == ForEach::kPerson) != (info.kind == SubjectKind::kPerson)) {
    return absl::OkStatus();
  }
  std::set<Period> periods;
  if (rule.period != PeriodKind::kTarget) {
    const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
    periods.insert(rulebook_->calendars[group.calendar].PeriodOf(rule.period, day));
  } else if (const auto targets = plans_.targets_of_subject.find(info.Name());
             targets != plans_.targets_of_subject.end()) {
    for (const size_t t : targets->second) {
      const Target& target = rulebook_->targets[t];
      if (target.kpi == rule.kpi && target.period.Contains(day)) {
        periods.insert({PeriodKind::kTarget, target.period.begin, target.period.end});
      }
    }
  }
  for (const Period& period : periods) {
    if (!LooksAtPace(r, subject, period, day)) {
      continue;
    }
    KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
    const OpenLadder* const ladder = open->ladders.Find(rule_id_of_[r]);
    const LadderState before = ladder == nullptr ? LadderState() : ladder->state();
    if (IsAtEnd(plans_.all_tiers[r], before.latched)) {
      continue;
    }
    evaluations_[r]->Add();
    KPIWATCH_ASSIGN_OR_RETURN(const PaceReading read,
                              ReadPace(rule.kpi, subject, period, TargetIn(r, subject, period),
                                       day + 1, plans_.reads_best_rate[r]));
    if (read.pace.too_early) {
      continue;
    }
    PeriodInput input = InputOf(period, read.reading);
    input.pace = &read.pace;
    KPIWATCH_RETURN_IF_ERROR(MovePace(r, subject, period, AdvanceOpen(rule, before, input),
                                      {.at = groups_[group_of_kpi_[rule.kpi]].seal_at,
                                       .reading = &read.reading,
                                       .pace = &read.pace}));
  }
  return absl::OkStatus();
}

absl::Status Core::JudgePaceAgain(RuleIndex r, v1::Reason reason, SubjectId subject,
                                  const Period& period) {
  const Rule& rule = rulebook_->rules[r];
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  if (!group.next || !group.earliest) {
    return absl::OkStatus();
  }
  const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
  const std::optional<Decimal> target = TargetIn(r, subject, period);
  const Day until = std::min(ClosedUntil(group, subjects_.Get(subject)), period.end);
  evaluations_[r]->Add();
  LadderState state;
  bool was_true = false;
  for (Day day = std::max(period.begin, *group.earliest); day < until; ++day) {
    if (!calendar.IsWorkingDay(day) || !LooksAtPace(r, subject, period, day)) {
      continue;
    }
    KPIWATCH_ASSIGN_OR_RETURN(const PaceReading read, ReadPace(rule.kpi, subject, period, target,
                                                               day + 1, plans_.reads_best_rate[r]));
    if (!read.pace.too_early) {
      PeriodInput input = InputOf(period, read.reading);
      input.pace = &read.pace;
      state = AdvanceOpen(rule, state, input);
      was_true = was_true || state.level() != Level::kGreen;
    }
  }
  KPIWATCH_ASSIGN_OR_RETURN(const PaceReading now,
                            ReadPace(rule.kpi, subject, period, target,
                                     std::max(until, period.begin), plans_.reads_best_rate[r]));
  return MovePace(r, subject, period, state,
                  {.at = Moment(),
                   .reading = &now.reading,
                   .pace = &now.pace,
                   .reason = reason,
                   .never_true = !was_true});
}

absl::Status Core::CorrectPace() {
  std::set<std::tuple<RuleIndex, uint32_t, Period>> corrected;
  for (const Touched& cell : series_->touched()) {
    for (const RuleIndex r : plans_.pace_rules_of_kpi[cell.kpi]) {
      const Rule& rule = rulebook_->rules[r];
      const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
      const SubjectInfo& info = subjects_.Get(cell.subject);
      if (!group.next || cell.day >= ClosedUntil(group, info)) {
        continue;
      }
      if (rule.period != PeriodKind::kTarget) {
        corrected.insert({r, cell.subject.value(),
                          rulebook_->calendars[group.calendar].PeriodOf(rule.period, cell.day)});
      } else if (const auto targets = plans_.targets_of_subject.find(info.Name());
                 targets != plans_.targets_of_subject.end()) {
        for (const size_t t : targets->second) {
          const Period& period = rulebook_->targets[t].period;
          if (rulebook_->targets[t].kpi == rule.kpi && period.Contains(cell.day)) {
            corrected.insert(
                {r, cell.subject.value(), {PeriodKind::kTarget, period.begin, period.end}});
          }
        }
      }
    }
  }
  for (const auto& [r, subject, period] : corrected) {
    if (LooksAt(r, SubjectId(subject), period)) {
      KPIWATCH_RETURN_IF_ERROR(JudgePaceAgain(r, v1::REASON_RESTATED, SubjectId(subject), period));
    }
  }
  return absl::OkStatus();
}

absl::Status Core::MovePace(RuleIndex r, SubjectId subject, const Period& period,
                            const LadderState& state, const OpenNews& news) {
  KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
  OpenLadder* ladder = open->ladders.Find(rule_id_of_[r]);
  if (state.latched == (ladder == nullptr ? 0 : ladder->latched)) {
    return absl::OkStatus();
  }
  if (ladder == nullptr) {
    ladder = &open->ladders.Add(rule_id_of_[r]);
  }
  const Level from = ladder->level();
  ladder->Latch(state.latched);
  ladders_->MarkChanged(open);
  if (ladder->level() != from) {
    TellOpen(rulebook_->rules[r], subject, period, from, ladder->level(), news, ladder);
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
