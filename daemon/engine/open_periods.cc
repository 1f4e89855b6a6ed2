// Rules on periods that are still open (evaluate: intraday): which of them look at what a step has
// touched, and what they tell.
#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

absl::Status Core::EvaluateOpenPeriods() {
  const std::vector<Touched>& touched = series_->touched();
  // By index: reading a series may not change the list, but an iterator would not say so.
  for (size_t i = 0; i < touched.size(); ++i) {
    const Touched cell = touched[i];
    const std::vector<RuleIndex>& rules = plans_.open_rules_of_kpi[cell.kpi];
    if (rules.empty()) {
      continue;
    }
    if (plans_.watched_for[cell.kpi] == WatchedFor::kLines) {
      series_->PrefetchTouched(i);
      if (SeriesTable::CellOf(cell).note != ReachLog::kNone) {
        reached_.push_back({.cell = i});
      }
      continue;
    }
    const SubjectInfo& info = subjects_.Get(cell.subject);
    for (const RuleIndex r : rules) {
      const Rule& rule = rulebook_->rules[r];
      if ((rule.for_each == ForEach::kPerson) != (info.kind == SubjectKind::kPerson)) {
        continue;
      }
      const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
      const auto is_open = [&](const Period& period) {
        return !group.next || period.end > *group.next;
      };
      if (rule.period == PeriodKind::kTarget) {
        const std::string name = info.Name();
        for (const Target& target : rulebook_->targets) {
          Period period = target.period;
          period.kind = PeriodKind::kTarget;
          if (target.kpi == rule.kpi && target.subject == name && period.Contains(cell.day) &&
              is_open(period)) {
            walks_.Add({r, cell.subject, period, target.value}, i);
          }
        }
        continue;
      }
      const Period period =
          rule.period == PeriodKind::kDay
              ? Period{PeriodKind::kDay, cell.day, cell.day + 1}
              : rulebook_->calendars[group.calendar].PeriodOf(rule.period, cell.day);
      if (!is_open(period)) {
        continue;
      }
      std::optional<Decimal> target;
      if (plans_.needs_target[r]) {
        if (const Target* found = rulebook_->FindTarget(rule.kpi, info.Name(), period)) {
          target = found->value;
        }
        if (!target || target->is_zero()) {
          continue;
        }
      }
      walks_.Add({r, cell.subject, period, target}, i);
    }
  }
  KPIWATCH_RETURN_IF_ERROR(LookAtReached());
  return walks_.list.empty() ? absl::OkStatus() : WalkOpenPeriods();
}

absl::Status Core::LookAtSilent(const SealGroup& group, RuleIndex r, SubjectId subject, Day day) {
  const Rule& rule = rulebook_->rules[r];
  const SubjectInfo& info = subjects_.Get(subject);
  const bool is_person = info.kind == SubjectKind::kPerson;
  if (!plans_.needs_target[r] || rule.period == PeriodKind::kDay ||
      (rule.for_each == ForEach::kPerson) != is_person) {
    return absl::OkStatus();
  }
  const std::string name = info.Name();
  if (rule.period != PeriodKind::kTarget) {
    const Period period = rulebook_->calendars[group.calendar].PeriodOf(rule.period, day);
    const Target* const target = rulebook_->FindTarget(rule.kpi, name, period);
    return target != nullptr && AnswersForZero(*rulebook_, rule, info, period, day)
               ? LookAtSilentPeriod(r, subject, period, day, target->value, group.seal_at)
               : absl::OkStatus();
  }
  const auto targets = plans_.targets_of_subject.find(name);
  if (targets == plans_.targets_of_subject.end()) {
    return absl::OkStatus();
  }
  for (const size_t t : targets->second) {
    const Target& target = rulebook_->targets[t];
    Period period = target.period;
    period.kind = PeriodKind::kTarget;
    if (target.kpi == rule.kpi && period.Contains(day) &&
        AnswersForZero(*rulebook_, rule, info, period, day)) {
      KPIWATCH_RETURN_IF_ERROR(
          LookAtSilentPeriod(r, subject, period, day, target.value, group.seal_at));
    }
  }
  return absl::OkStatus();
}

absl::Status Core::LookAtSilentPeriod(RuleIndex r, SubjectId subject, const Period& period, Day day,
                                      Decimal target, absl::Time at) {
  const Rule& rule = rulebook_->rules[r];
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate so_far,
                            series_->Sum(subject, rule.kpi, period.begin, day + 1));
  if (so_far != Aggregate() || target.is_zero() || !IsMeasured(rule.kpi, period)) {
    return absl::OkStatus();  // its events have been looked at, or nothing may be said of it
  }
  const KpiReading zero = ReadSimple(kpi, so_far, target);
  uint8_t fresh = AdvanceOpen(rule, {}, InputOf(period, zero)).latched;
  if (fresh == 0) {
    return absl::OkStatus();
  }
  KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
  OpenLadder* ladder = open->ladders.Find(rule_id_of_[r]);
  // Where it was before, an earlier day or the events of later ones have brought it.
  fresh &= static_cast<uint8_t>(~(ladder == nullptr ? 0 : ladder->reached));
  if (fresh == 0) {
    return absl::OkStatus();
  }
  if (ladder == nullptr) {
    ladder = &open->ladders.Add(rule_id_of_[r]);
  }
  ladders_->MarkChanged(open);
  const Level from = ladder->level();
  ladder->Latch(ladder->latched | fresh);
  const Level at_zero = ladder->level();
  // Events of later days may have come before this one was proven.
  KPIWATCH_ASSIGN_OR_RETURN(const Aggregate sum,
                            series_->Sum(subject, rule.kpi, period.begin, period.end));
  const KpiReading present = ReadSimple(kpi, sum, target);
  if (sum != so_far) {
    ladder->Latch(AdvanceOpen(rule, ladder->state(), InputOf(period, present)).latched);
  }
  const Level to = ladder->level();
  if (to == at_zero) {
    if (from != to) {
      TellOpen(rule, subject, period, from, to, {.at = at, .reading = &zero}, ladder);
    }
    return absl::OkStatus();
  }
  // It was so, and nobody is called for what is over.
  TellOpen(rule, subject, period, from, at_zero,
           {.at = at, .reading = &zero, .not_sent = held::kRetroactive}, ladder);
  TellOpen(rule, subject, period, at_zero, from,
           {.at = at, .reading = &present, .not_sent = held::kNeverTold}, ladder);
  if (from != to) {
    TellOpen(rule, subject, period, from, to, {.at = at, .reading = &present}, ladder);
  }
  return absl::OkStatus();
}

void Core::TellOpen(const Rule& rule, SubjectId subject, const Period& period, Level from, Level to,
                    const OpenNews& news, OpenLadder* ladder) {
  v1::Transition& transition =
      NewTransition(rule, subject, period, from, to, news.reason, news.at, ladder->since_ms);
  FillReading(*rulebook_, rule, *news.reading, &transition);
  if (news.pace != nullptr) {
    FillPace(*news.pace, &transition);
  }
  if (news.reason == v1::REASON_RESTATED) {
    SealedRecord record;
    record.period = period;
    FillRestated(rule, subject, record, {}, &transition);
    transition.set_never_true(to == Level::kGreen && news.never_true);
  }
  if (news.cause != nullptr) {
    transition.set_cause_event_id(std::string(causes_.IdOf(*news.cause)));
    transition.set_cause_time_unix_ms(news.cause->record_ms == kNoTime ? 0 : news.cause->record_ms);
  }
  std::string_view not_sent = news.not_sent;
  if (not_sent.empty() && (to > from || ladder->told.nothing())) {
    not_sent = HoldOf(period, rulebook_->kpis[rule.kpi].calendar);
  }
  FillConsequences(rule, subject, period, from, to, news.at, not_sent, &ladder->told, &transition);
  ladder->value = news.reading->value;
  ladder->since_ms = from == Level::kGreen ? transition.at_unix_ms() : ladder->since_ms;
  Emit(&transition);
}

}  // namespace kpiwatch
