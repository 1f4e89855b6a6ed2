// Rules on periods that are still open (evaluate: intraday): looked at once a step for each period
// that an event touched.
#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

absl::Status Core::EvaluateOpenPeriods() {
  const std::vector<Touched>& touched = series_->touched();
  open_reading_key_.reset();
  // By index: reading a series may not change the list, but an iterator would not say so.
  for (size_t i = 0; i < touched.size(); ++i) {
    const Touched cell = touched[i];
    const std::vector<RuleIndex>& rules = open_rules_of_kpi_[cell.kpi];
    if (rules.empty()) {
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
            KPIWATCH_RETURN_IF_ERROR(EvaluateOpen(cell, r, period, target.value));
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
      if (needs_target_[r]) {
        if (const Target* found = rulebook_->FindTarget(rule.kpi, info.Name(), period)) {
          target = found->value;
        }
        if (!target || target->is_zero()) {
          continue;
        }
      }
      KPIWATCH_RETURN_IF_ERROR(EvaluateOpen(cell, r, period, target));
    }
  }
  return absl::OkStatus();
}

absl::Status Core::EvaluateOpen(const Touched& touched, RuleIndex r, const Period& period,
                                std::optional<Decimal> target) {
  const Rule& rule = rulebook_->rules[r];
  KPIWATCH_ASSIGN_OR_RETURN(std::vector<OpenLadder>* const ladders,
                            ladders_->FindOpen(touched.subject, period));
  const uint32_t id = rule_id_of_[r];
  const auto place = std::lower_bound(ladders->begin(), ladders->end(), id,
                                      [](const OpenLadder& l, uint32_t n) { return l.rule < n; });
  const bool known = place != ladders->end() && place->rule == id;
  if (known && all_tiers_[r] != 0 && place->state.latched == all_tiers_[r]) {
    return absl::OkStatus();  // everything is latched and stays so until the seal
  }
  if (!RuleCovers(*rulebook_, rule, subjects_.Get(touched.subject), period)) {
    return absl::OkStatus();
  }
  // Rules of one KPI come one after the other and look at the same cell.
  const OpenReadingKey key{touched.subject, rule.kpi, period};
  if (open_reading_key_ != key) {
    KPIWATCH_ASSIGN_OR_RETURN(open_reading_, ReadFor(rule, touched.subject, period, target));
    open_reading_key_ = key;
  }
  const KpiReading& reading = open_reading_;
  const PeriodInput input = InputOf(period, reading);
  OpenLadder before;
  before.rule = id;
  if (known) {
    before = *place;
  }
  const LadderState state = AdvanceOpen(rule, before.state, input);
  ++open_evaluations_[r];
  const Level from = before.state.level();
  const Level to = state.level();
  if (state.latched == before.state.latched) {
    return absl::OkStatus();
  }
  OpenLadder& ladder = known ? *place : *ladders->insert(place, before);
  ladder.state = state;
  ladders_->MarkOpenChanged(touched.subject, period);
  if (from == to) {
    return absl::OkStatus();
  }
  ladder.value = input.value;
  const Cause* const cause = FindCause(touched, rule, before, input, to);
  const absl::Time at = cause == nullptr ? now_ : absl::FromUnixMillis(cause->time_ms);
  v1::Transition transition =
      NewTransition(rule, touched.subject, period, from, to, v1::REASON_THRESHOLD, at);
  FillReading(rule, reading, &transition);
  if (cause != nullptr) {
    transition.set_cause_event_id(cause_ids_.substr(cause->id_begin, cause->id_size));
    transition.set_cause_time_unix_ms(cause->record_ms == kNoTime ? 0 : cause->record_ms);
  }
  FillConsequences(rule, touched.subject, period, from, to, at, &ladder.notified, &transition);
  ladder.since_ms = from == Level::kGreen ? transition.at_unix_ms() : ladder.since_ms;
  Emit(std::move(transition));
  return absl::OkStatus();
}

std::vector<const Core::Cause*> Core::CausesOf(const Touched& touched) {
  std::vector<const Cause*> causes;
  const auto add = [&](const Touched& cell) {
    for (uint32_t c = cell.first_cause; c != 0; c = causes_[c - 1].next) {
      causes.push_back(&causes_[c - 1]);
    }
  };
  if (subjects_.Get(touched.subject).kind == SubjectKind::kPerson) {
    add(touched);
    return causes;
  }
  std::vector<SubjectId> ancestors;
  for (const Touched& cell : series_->touched()) {
    if (cell.first_cause == 0 || cell.kpi != touched.kpi || cell.day != touched.day) {
      continue;
    }
    Ancestors(cell.subject, cell.day, &ancestors);
    if (cell.subject == touched.subject ||
        std::find(ancestors.begin(), ancestors.end(), touched.subject) != ancestors.end()) {
      add(cell);
    }
  }
  std::sort(causes.begin(), causes.end());  // their places are their order
  return causes;
}

const Core::Cause* Core::FindCause(const Touched& touched, const Rule& rule,
                                   const OpenLadder& before, const PeriodInput& after,
                                   Level level) {
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  const bool person = subjects_.Get(touched.subject).kind == SubjectKind::kPerson;
  if (!person || kpi.type != KpiType::kSimple) {
    return FindCauseBelow(touched, rule, before, after, level);
  }
  // Back from the end of the step to its beginning, then forward event by event.
  PeriodInput input = after;
  input.count -= touched.added.count;
  input.value -= MeasuredValue(kpi, touched.added);
  const Cause* last = nullptr;
  for (uint32_t c = touched.first_cause; c != 0; c = last->next) {
    last = &causes_[c - 1];
    if (Reaches(rule, kpi, before, last->delta, level, &input)) {
      return last;
    }
  }
  return last;
}

bool Core::Reaches(const Rule& rule, const Kpi& kpi, const OpenLadder& before,
                   const Aggregate& delta, Level level, PeriodInput* input) {
  input->count += delta.count;
  input->value += MeasuredValue(kpi, delta);
  if (input->target) {
    input->completion = Completion(kpi.direction, input->value, *input->target);
  }
  return AdvanceOpen(rule, before.state, *input).level() == level;
}

const Core::Cause* Core::FindCauseBelow(const Touched& touched, const Rule& rule,
                                        const OpenLadder& before, const PeriodInput& after,
                                        Level level) {
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  const std::vector<const Cause*> causes = CausesOf(touched);
  if (causes.empty() || kpi.type != KpiType::kSimple) {
    return causes.empty() ? nullptr : causes.back();
  }
  PeriodInput input = after;
  for (const Cause* cause : causes) {
    input.count -= cause->delta.count;
    input.value -= MeasuredValue(kpi, cause->delta);
  }
  for (const Cause* cause : causes) {
    if (Reaches(rule, kpi, before, cause->delta, level, &input)) {
      return cause;
    }
  }
  return causes.back();
}

}  // namespace kpiwatch
