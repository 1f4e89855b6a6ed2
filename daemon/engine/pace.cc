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

namespace kpiwatch {
namespace {

// The first day that is not yet closed for the subject.
Day ClosedUntil(const SealGroup& group, const SubjectInfo& info) {
  const bool passed = group.sealing && info.Name() <= group.cursor;
  return *group.next + (passed ? 1 : 0);
}

// The periods of the rule that hold `day`.
std::set<Period> PeriodsWith(const Rulebook& rulebook, const RulePlans& plans, const Rule& rule,
                             const SealGroup& group, const SubjectInfo& info, Day day) {
  if (rule.period != PeriodKind::kTarget) {
    return {rulebook.calendars[group.calendar].PeriodOf(rule.period, day)};
  }
  std::set<Period> periods;
  if (const auto targets = plans.targets_of_subject.find(info.Name());
      targets != plans.targets_of_subject.end()) {
    for (const size_t t : targets->second) {
      const Target& target = rulebook.targets[t];
      if (target.kpi == rule.kpi && target.period.Contains(day)) {
        periods.insert({PeriodKind::kTarget, target.period.begin, target.period.end});
      }
    }
  }
  return periods;
}

}  // namespace

PaceReader Core::pace_reader() const {
  return PaceReader(rulebook_.get(), &subjects_, series_.get());
}

Day Core::BestRateFrom(KpiIndex k, const Period& period, Day day) const {
  const SealGroup& group = groups_[group_of_kpi_[k]];
  const Day from = std::max(day - PaceReader::kHistoryDays, group.earliest.value_or(period.begin));
  return IsMeasured(k, {PeriodKind::kTarget, from, day}) ? from : std::max(from, period.begin);
}

absl::StatusOr<PaceReading> Core::ReadPace(RuleIndex r, SubjectId subject, const Period& period,
                                           Day day) {
  const KpiIndex k = rulebook_->rules[r].kpi;
  return pace_reader().Read(
      k, subject, period, TargetIn(r, subject, period), day,
      plans_.reads_best_rate[r] ? std::optional(BestRateFrom(k, period, day)) : std::nullopt);
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
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  for (const Period& period : PeriodsWith(*rulebook_, plans_, rule, group, info, day)) {
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
    KPIWATCH_ASSIGN_OR_RETURN(const PaceReading read, ReadPace(r, subject, period, day + 1));
    if (read.pace.too_early) {
      continue;
    }
    PeriodInput input = InputOf(period, read.reading);
    input.pace = &read.pace;
    KPIWATCH_RETURN_IF_ERROR(
        MovePace(r, subject, period, AdvanceOpen(rule, before, input),
                 {.at = group.seal_at, .reading = &read.reading, .pace = &read.pace}));
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
  const Day until = std::min(ClosedUntil(group, subjects_.Get(subject)), period.end);
  evaluations_[r]->Add();
  LadderState state;
  bool was_true = false;
  for (Day day = std::max(period.begin, *group.earliest); day < until; ++day) {
    if (!calendar.IsWorkingDay(day) || !LooksAtPace(r, subject, period, day)) {
      continue;
    }
    KPIWATCH_ASSIGN_OR_RETURN(const PaceReading read, ReadPace(r, subject, period, day + 1));
    if (!read.pace.too_early) {
      PeriodInput input = InputOf(period, read.reading);
      input.pace = &read.pace;
      state = AdvanceOpen(rule, state, input);
      was_true = was_true || state.level() != Level::kGreen;
    }
  }
  KPIWATCH_ASSIGN_OR_RETURN(const PaceReading now,
                            ReadPace(r, subject, period, std::max(until, period.begin)));
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
      for (const Period& period : PeriodsWith(*rulebook_, plans_, rule, group, info, cell.day)) {
        corrected.insert({r, cell.subject.value(), period});
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
