// Sealing days: when a day of a group of KPIs is proven complete, its closed periods are judged
// (S-04, D-02…D-04), subject by subject, in chunks.
#include <algorithm>
#include <span>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {
namespace {

// Of targets several may end on one day; of other periods one.
bool WasJudged(const Ladder& ladder, const Period& period) {
  for (auto r = ladder.records.rbegin(); r != ladder.records.rend() && r->period.end >= period.end;
       ++r) {
    if (r->period.end > period.end || period.kind != PeriodKind::kTarget ||
        r->period.begin == period.begin) {
      return true;
    }
  }
  return false;
}

}  // namespace

void Core::NoteFirstDaysOfParts() {
  for (SealGroup& group : groups_) {
    for (const uint32_t g : group.parts) {
      const SealGroup& part = groups_[g];
      if (part.earliest && !part.next) {
        NoteFirstDay(*part.earliest, &group);
      } else if (part.next && !group.earliest) {
        NoteFirstDay(*part.next, &group);  // the verdict came later than its parts
      }
    }
  }
}

absl::Status Core::SealDue() {
  size_t budget = options_.seal_chunk;
  for (SealGroup& group : groups_) {
    while (budget > 0 && GroupIsDue(&group)) {
      KPIWATCH_RETURN_IF_ERROR(SealChunk(&group, &budget));
      if (!group.sealing && CorrectionWaits(group)) {
        more_ = true;  // the next step books it, before another day is judged (D-08)
        break;
      }
    }
    more_ = more_ || group.sealing || (budget == 0 && GroupIsDue(&group));
  }
  return absl::OkStatus();
}

bool Core::IsDue(const SealGroup& group, uint32_t kpi_id, Day until) const {
  const KpiIndex kpi = kpi_id < kpi_of_id_.size() ? kpi_of_id_[kpi_id] : UINT32_MAX;
  return kpi != UINT32_MAX && &groups_[group_of_kpi_[kpi]] == &group && group.next &&
         until < *group.next;
}

bool Core::CorrectionWaits(const SealGroup& group) const {
  return waiting_->AnyDue([&](uint32_t kpi_id, Day until) { return IsDue(group, kpi_id, until); });
}

bool Core::GroupIsDue(SealGroup* group) {
  if (group->sealing) {
    return true;
  }
  const std::optional<Day> next = group->next ? group->next : group->earliest;
  if (!next || !group->provable) {
    return false;
  }
  const BusinessCalendar& calendar = rulebook_->calendars[group->calendar];
  const absl::Time seal_time = calendar.SealTime(*next);
  if (seal_time > now_) {
    return false;
  }
  absl::Time at = seal_time;
  for (const uint32_t s : group->sources) {
    const auto completed = completeness_[s].CompletedAt(
        calendar.Begin(*next), calendar.Close(*next), seal_time, calendar.IsWorkingDay(*next));
    if (!completed) {
      return false;
    }
    at = std::max(at, *completed);
  }
  group->next = next;
  group->sealing = true;
  group->seal_at = at;
  group->cursor.clear();
  group->changed = true;
  return true;
}

absl::Status Core::SealChunk(SealGroup* group, size_t* budget) {
  const std::vector<SubjectId>& subjects = subjects_.ByName();
  const Day day = *group->next;
  group->changed = true;
  auto it = subjects.begin();
  if (!group->cursor.empty()) {
    it = std::partition_point(
        it, subjects.end(), [&](SubjectId s) { return subjects_.Get(s).Name() <= group->cursor; });
  }
  if (group->rules.empty()) {
    it = subjects.end();
  }
  for (; it != subjects.end(); ++it) {
    if (*budget == 0) {
      return absl::OkStatus();
    }
    *budget -= std::min(*budget, group->rules.size());
    KPIWATCH_RETURN_IF_ERROR(SealSubject(*group, *it, day));
    group->cursor = subjects_.Get(*it).Name();
  }
  group->next = day + 1;
  group->sealing = false;
  group->cursor.clear();
  *budget -= std::min<size_t>(*budget, 1);
  const absl::Time closed = rulebook_->calendars[group->calendar].Close(day);
  for (const uint32_t s : group->sources) {
    bool last = true;
    for (const SealGroup& other : groups_) {
      const bool needs = other.provable && std::find(other.sources.begin(), other.sources.end(),
                                                     s) != other.sources.end();
      last = last && (!needs || (other.next && *other.next > day));
    }
    if (last) {
      completeness_[s].Forget(closed);
    }
  }
  return absl::OkStatus();
}

void Core::PeriodsEnding(const Rule& rule, SubjectId subject, Day day,
                         std::vector<std::pair<Period, std::optional<Decimal>>>* periods) const {
  periods->clear();
  if (rule.period == PeriodKind::kTarget) {
    const auto it = plans_.targets_by_end.find({day + 1, rule.kpi});
    if (it == plans_.targets_by_end.end()) {
      return;
    }
    const std::string name = subjects_.Get(subject).Name();
    for (const size_t t : it->second) {
      const Target& target = rulebook_->targets[t];
      if (target.subject == name) {
        Period period = target.period;
        period.kind = PeriodKind::kTarget;
        periods->emplace_back(period, target.value);
      }
    }
    std::sort(periods->begin(), periods->end(),
              [](const auto& a, const auto& b) { return a.first.begin < b.first.begin; });
    return;
  }
  const BusinessCalendar& calendar = rulebook_->calendars[rulebook_->kpis[rule.kpi].calendar];
  const Period period = calendar.PeriodOf(rule.period, day);
  if (period.end != day + 1) {
    return;
  }
  const Target* target = rulebook_->FindTarget(rule.kpi, subjects_.Get(subject).Name(), period);
  periods->emplace_back(period,
                        target == nullptr ? std::nullopt : std::optional<Decimal>(target->value));
}

absl::Status Core::SealSubject(const SealGroup& group, SubjectId subject, Day day) {
  const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
  const bool working = calendar.IsWorkingDay(day);
  const bool is_person = subjects_.Get(subject).kind == SubjectKind::kPerson;
  std::vector<std::pair<Period, std::optional<Decimal>>> periods;
  bool any_open = false;
  for (const RuleIndex r : group.rules) {
    const Rule& rule = rulebook_->rules[r];
    if (rule.evaluate == EvaluateMode::kIntraday) {
      any_open = true;
      if (working) {
        KPIWATCH_RETURN_IF_ERROR(LookAtSilent(group, r, subject, day));
      }
      continue;
    }
    if (rule.evaluate == EvaluateMode::kOnPace) {
      any_open = true;
      if (working) {
        KPIWATCH_RETURN_IF_ERROR(LookAtPace(r, subject, day));
      }
      continue;
    }
    if (rule.period == PeriodKind::kDay && !working) {
      continue;  // neither breaks nor extends anything
    }
    if ((rule.for_each == ForEach::kPerson) != is_person) {
      continue;
    }
    PeriodsEnding(rule, subject, day, &periods);
    for (const auto& [period, target] : periods) {
      KPIWATCH_RETURN_IF_ERROR(SealRule(group, r, subject, period, target));
    }
    if (periods.empty() && working && rule.period == PeriodKind::kTarget) {
      // No target may ever end again for somebody who has left.
      KPIWATCH_RETURN_IF_ERROR(EndUncovered(r, subject, day, group.seal_at));
    }
  }
  return any_open ? CloseOpenLadders(group, subject, day) : absl::OkStatus();
}

bool Core::IsJudged(RuleIndex r, SubjectId subject, const Period& period,
                    const std::optional<Decimal>& target) const {
  return IsMeasured(rulebook_->rules[r].kpi, period) && IsCovered(r, subject, period, target);
}

bool Core::IsCovered(RuleIndex r, SubjectId subject, const Period& period,
                     const std::optional<Decimal>& target) const {
  const Rule& rule = rulebook_->rules[r];
  const SubjectInfo& info = subjects_.Get(subject);
  return RuleCovers(*rulebook_, rule, info, period) &&
         CalendarEligibility(*rulebook_, rule, info, period) == Eligibility::kEligible &&
         (!plans_.needs_target[r] || (target && !target->is_zero()));
}

absl::Status Core::SealRule(const SealGroup& group, RuleIndex r, SubjectId subject,
                            const Period& period, std::optional<Decimal> target) {
  const Rule& rule = rulebook_->rules[r];
  if (!IsJudged(r, subject, period, target)) {
    return EndUncovered(r, subject, period.end - 1, group.seal_at);
  }
  evaluations_[r]->Add();
  const std::optional<int> capacity = FloorsOf(*rulebook_, rule, subjects_.Get(subject), period);
  KPIWATCH_ASSIGN_OR_RETURN(KpiReading reading, ReadFor(rule, subject, period, target, capacity));
  KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, rule_id_of_[r]));
  if (WasJudged(*ladder, period)) {
    return absl::OkStatus();  // under another grouping of KPIs
  }
  if (rule.period == PeriodKind::kTarget) {
    // Each target is an episode of its own: what the one before left firing ends here (D-10).
    if (!ladder->records.empty() && ladder->records.back().period.end < period.end) {
      EndStanding(rule, subject, group.seal_at, v1::REASON_PERIOD_CLOSED, ladder);
    }
    ladder->state = LadderState();
  }
  const PeriodInput input = InputOf(period, reading);
  const Level before = ladder->state.level();
  const Level told = rule.period == PeriodKind::kTarget ? Level::kGreen : ToldLevel(*ladder);
  ladder->state = AdvanceSealed(rule, ladder->state, input);
  ladder->records.push_back(
      {period, input.met, input.value, input.target, ladder->state, told, input.known, capacity});
  const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
  // Counted from the day that is sealed: a backlog does not shorten the window.
  const absl::Time window_begin = calendar.Close(period.end - 1) - options_.correction_window;
  while (ladder->records.size() > 1 &&
         calendar.Close(ladder->records.front().period.end - 1) < window_begin) {
    ladder->base = ladder->records.front().after;
    ladder->records.erase(ladder->records.begin());
  }
  ladders_->MarkChanged(subject, rule_id_of_[r]);
  const Level after = ladder->state.level();
  const int64_t since = ladder->since_ms;
  ladder->since_ms = after == Level::kGreen    ? 0
                     : before == Level::kGreen ? absl::ToUnixMillis(group.seal_at)
                                               : since;
  const std::optional<Telling> telling =
      TellingOf(before, after, HoldOf(period, group.calendar), &ladder->records.back().told);
  if (!telling) {
    return absl::OkStatus();
  }
  const std::span<const SealedRecord> records = ladder->records;
  size_t at = records.size() - 1;
  if (telling->is_late) {
    // Told is what fired, not the day on which it may be told at last.
    KPIWATCH_ASSIGN_OR_RETURN(at, FiredAt(rule, subject, telling->to, ladder->records));
    KPIWATCH_ASSIGN_OR_RETURN(reading, ReadRecord(rule, subject, records[at]));
  }
  v1::Transition& transition =
      NewTransition(rule, subject, records[at].period, telling->from, telling->to,
                    v1::REASON_THRESHOLD, group.seal_at, since);
  if (telling->from == Level::kGreen && telling->not_sent.empty()) {
    ladder->since_ms = transition.active_since_unix_ms();  // for people it begins now
  }
  FillReading(*rulebook_, rule, reading, &transition);
  FillCounted(
      *rulebook_, rule, subjects_.Get(subject), records.first(at + 1),
      [&](const Period& of) { return IsMeasured(rule.kpi, of); }, &transition);
  FillConsequences(rule, subject, period, telling->from, telling->to, group.seal_at,
                   telling->not_sent, &ladder->told, &transition);
  Emit(&transition);
  return absl::OkStatus();
}

absl::Status Core::CloseOpenLadders(const SealGroup& group, SubjectId subject, Day day) {
  std::set<Period> closed;
  std::vector<std::pair<Period, std::optional<Decimal>>> periods;
  for (const RuleIndex r : group.rules) {
    const Rule& rule = rulebook_->rules[r];
    if (rule.evaluate == EvaluateMode::kOnClose) {
      continue;
    }
    PeriodsEnding(rule, subject, day, &periods);
    for (const auto& [period, target] : periods) {
      closed.insert(period);
    }
  }
  for (const Period& period : closed) {
    KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
    if (open->ladders.empty()) {
      continue;
    }
    for (size_t i = 0; i < open->ladders.size(); ++i) {
      OpenLadder& ladder = open->ladders.At(i);
      const auto rule = std::find(rule_id_of_.begin(), rule_id_of_.end(), ladder.rule);
      if (rule == rule_id_of_.end() || ladder.level() == Level::kGreen) {
        continue;
      }
      const auto r = static_cast<RuleIndex>(rule - rule_id_of_.begin());
      const Rule& known = rulebook_->rules[r];
      if (&groups_[group_of_kpi_[known.kpi]] != &group) {
        continue;
      }
      v1::Transition& transition =
          NewTransition(known, subject, period, ladder.level(), Level::kGreen,
                        v1::REASON_PERIOD_CLOSED, group.seal_at, ladder.since_ms);
      if (IsMeasured(known.kpi, period)) {
        KPIWATCH_ASSIGN_OR_RETURN(
            const KpiReading reading,
            ReadFor(known, subject, period, TargetIn(r, subject, period),
                    FloorsOf(*rulebook_, known, subjects_.Get(subject), period)));
        FillReading(*rulebook_, known, reading, &transition);
      } else {
        transition.set_value(ladder.value.ToString());  // by the KPI as it was then
      }
      FillConsequences(known, subject, period, ladder.level(), Level::kGreen, group.seal_at,
                       ladder.told.nothing() ? HoldOf(period, group.calendar) : std::string_view(),
                       &ladder.told, &transition);
      Emit(&transition);
      ladder.latched = 0;
    }
    // Those of other groups stay: their period is open yet.
    open->ladders.EraseIf([&](const OpenLadder& ladder) {
      const auto rule = std::find(rule_id_of_.begin(), rule_id_of_.end(), ladder.rule);
      return ladder.level() == Level::kGreen &&
             (rule == rule_id_of_.end() ||
              std::find(group.rules.begin(), group.rules.end(),
                        static_cast<RuleIndex>(rule - rule_id_of_.begin())) != group.rules.end());
    });
    ladders_->MarkChanged(open);
  }
  return absl::OkStatus();
}

absl::Status Core::ApplyDeferred(const SealGroup& group) {
  const auto is_gone = [&](uint32_t kpi_id) {
    return kpi_id >= kpi_of_id_.size() || kpi_of_id_[kpi_id] == UINT32_MAX;
  };
  return waiting_->TakeDue(
      [&](uint32_t kpi_id, Day until) { return is_gone(kpi_id) || IsDue(group, kpi_id, until); },
      [&](const WaitingFacts::Cell& cell, const Aggregate& delta,
          const std::vector<Samples::Entry>& samples) {
        if (is_gone(cell.kpi_id)) {
          return absl::OkStatus();
        }
        const KpiIndex kpi = kpi_of_id_[cell.kpi_id];
        if (!samples.empty()) {
          KPIWATCH_RETURN_IF_ERROR(samples_->table()->Add(cell.subject, kpi, cell.day, samples));
        }
        return series_->Add(cell.subject, cell.day, kpi, delta).status();
      });
}

absl::Time Core::NextSealTime() const {
  absl::Time soonest = absl::InfiniteFuture();
  for (const SealGroup& group : groups_) {
    const std::optional<Day> next = group.next ? group.next : group.earliest;
    if (next) {
      soonest = std::min(soonest, rulebook_->calendars[group.calendar].SealTime(*next));
    }
  }
  return soonest;
}

std::optional<Day> Core::SealedThrough(KpiIndex kpi) const {
  const SealGroup& group = groups_[group_of_kpi_[kpi]];
  return group.next ? std::optional(*group.next - 1) : std::nullopt;
}

}  // namespace kpiwatch
