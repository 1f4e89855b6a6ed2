// Rules on periods that are still open (evaluate: intraday): which of them look at what a step has
// touched, and those that are lines, which look at a cell only when its value reaches the next one.
#include <algorithm>
#include <string>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {

absl::Status Core::EvaluateOpenPeriods() {
  const std::vector<Touched>& touched = series_->touched();
  open_ladders_key_.reset();
  causes_of_.reset();
  // By index: reading a series may not change the list, but an iterator would not say so.
  for (size_t i = 0; i < touched.size(); ++i) {
    const Touched cell = touched[i];
    const std::vector<RuleIndex>& rules = open_rules_of_kpi_[cell.kpi];
    if (rules.empty()) {
      continue;
    }
    if (!lines_[cell.kpi].empty()) {
      series_->PrefetchTouched(i);
      KPIWATCH_RETURN_IF_ERROR(LookAtLines(i));
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
      if (needs_target_[r]) {
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
  return walks_.list.empty() ? absl::OkStatus() : WalkOpenPeriods();
}

absl::Status Core::LookAtLines(size_t i) {
  const Touched& cell = series_->touched()[i];
  SeriesTable::Cell& bucket = SeriesTable::CellOf(cell);
  if (bucket.armed != 0 && bucket.note == 0) {
    return absl::OkStatus();  // it did not reach the next line, and what it had reached is latched
  }
  const std::vector<ValueLine>& lines = lines_[cell.kpi];
  const Decimal value = MeasuredValue(rulebook_->kpis[cell.kpi], bucket.value);
  const auto above =
      std::upper_bound(lines.begin(), lines.end(), value,
                       [](const Decimal& v, const ValueLine& line) { return v < line.value; });
  const size_t begin = bucket.armed == 0 ? 0 : bucket.armed - size_t{1};
  const auto end = static_cast<size_t>(above - lines.begin());
  bucket.armed = static_cast<uint16_t>(end + 1);
  const SealGroup& group = groups_[group_of_kpi_[cell.kpi]];
  const Period period{PeriodKind::kDay, cell.day, cell.day + 1};
  if (subjects_.Get(cell.subject).kind != SubjectKind::kPerson ||
      (group.next && period.end <= *group.next)) {
    return absl::OkStatus();
  }
  for (size_t line = begin; line < end; ++line) {
    KPIWATCH_RETURN_IF_ERROR(LookAtLine(i, lines[line].rule, period));
  }
  return absl::OkStatus();
}

absl::Status Core::FindOpenLadders(SubjectId subject, const Period& period) {
  if (open_ladders_key_ != std::pair(subject, period)) {
    KPIWATCH_ASSIGN_OR_RETURN(open_ladders_, ladders_->FindOpen(subject, period));
    open_ladders_key_ = std::pair(subject, period);
    open_hint_ = 0;
  }
  return absl::OkStatus();
}

std::vector<OpenLadder>::iterator Core::FindOpenLadder(uint32_t rule) {
  std::vector<OpenLadder>& ladders = *open_ladders_;
  // Mostly the one behind the last one.
  const size_t at = open_hint_;
  const bool is_place = at <= ladders.size() && (at == 0 || ladders[at - 1].rule < rule) &&
                        (at == ladders.size() || ladders[at].rule >= rule);
  const auto place =
      is_place ? ladders.begin() + static_cast<ptrdiff_t>(at)
               : std::lower_bound(ladders.begin(), ladders.end(), rule,
                                  [](const OpenLadder& l, uint32_t n) { return l.rule < n; });
  open_hint_ = static_cast<size_t>(place - ladders.begin()) +
               (place != ladders.end() && place->rule == rule ? 1 : 0);
  return place;
}

absl::Status Core::LookAtLine(size_t cell, RuleIndex r, const Period& period) {
  const Touched& touched = series_->touched()[cell];
  const Rule& rule = rulebook_->rules[r];
  KPIWATCH_RETURN_IF_ERROR(FindOpenLadders(touched.subject, period));
  std::vector<OpenLadder>* const ladders = open_ladders_;
  const uint32_t id = rule_id_of_[r];
  const auto place = FindOpenLadder(id);
  const bool known = place != ladders->end() && place->rule == id;
  if (known && IsAtEnd(r, place->state)) {
    return absl::OkStatus();
  }
  if (!RuleCovers(*rulebook_, rule, subjects_.Get(touched.subject), period)) {
    return absl::OkStatus();
  }
  const KpiReading reading =
      ReadSimple(rulebook_->kpis[rule.kpi], SeriesTable::CellOf(touched).value, std::nullopt);
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
  if (from != to) {
    TellOpen(rule, touched.subject, period, from, to, FindCause(cell, rule, before, input, to),
             reading, &ladder);
  }
  return absl::OkStatus();
}

void Core::TellOpen(const Rule& rule, SubjectId subject, const Period& period, Level from, Level to,
                    const CauseLog::Event* cause, const KpiReading& reading, OpenLadder* ladder) {
  const absl::Time at = cause == nullptr ? now_ : absl::FromUnixMillis(cause->time_ms);
  v1::Transition& transition =
      NewTransition(rule, subject, period, from, to, v1::REASON_THRESHOLD, at);
  FillReading(rule, reading, &transition);
  if (cause != nullptr) {
    transition.set_cause_event_id(std::string(causes_.IdOf(*cause)));
    transition.set_cause_time_unix_ms(cause->record_ms == kNoTime ? 0 : cause->record_ms);
  }
  FillConsequences(rule, subject, period, from, to, at, &ladder->notified, &transition);
  ladder->value = reading.value;
  ladder->since_ms = from == Level::kGreen ? transition.at_unix_ms() : ladder->since_ms;
  Emit(&transition);
}

void Core::AddCauses(size_t cell, std::vector<uint32_t>* causes) const {
  for (uint32_t c = SeriesTable::CellOf(series_->touched()[cell]).note; c != CauseLog::kNone;
       c = causes_.Previous(c)) {
    causes->push_back(c);
  }
}

const std::vector<uint32_t>& Core::CausesOf(size_t cell) {
  if (causes_of_ != cell) {
    causes_of_ = cell;
    cell_causes_.clear();
    AddCauses(cell, &cell_causes_);
    std::reverse(cell_causes_.begin(), cell_causes_.end());
  }
  return cell_causes_;
}

const CauseLog::Event* Core::FindCause(size_t cell, const Rule& rule, const OpenLadder& before,
                                       const PeriodInput& after, Level level) {
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  const std::vector<uint32_t>& causes = CausesOf(cell);
  if (causes.empty()) {
    return nullptr;
  }
  // Back to what was before the first cause, which reached a line, then forward event by event.
  PeriodInput input = after;
  for (const uint32_t cause : causes) {
    input.count -= causes_.DeltaOf(cause).count;
    input.value -= MeasuredValue(kpi, causes_.DeltaOf(cause));
  }
  for (const uint32_t cause : causes) {
    input.count += causes_.DeltaOf(cause).count;
    input.value += MeasuredValue(kpi, causes_.DeltaOf(cause));
    if (AdvanceOpen(rule, before.state, input).level() == level) {
      return &causes_.EventOf(cause);
    }
  }
  return &causes_.EventOf(causes.back());
}

}  // namespace kpiwatch
