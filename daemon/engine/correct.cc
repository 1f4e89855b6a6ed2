// Verdicts that change after their seal: corrected facts (S-18). A ladder's sealed periods are
// judged again from the first one concerned, and what differs in the end is told.
#include <algorithm>
#include <span>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

// Whether what stood at the end of `old` stood at no time since it had fired, by the records as
// they are `now`. What fired before the first of them is no correction's to take away.
bool WasNeverTrue(const std::vector<SealedRecord>& old, std::span<const SealedRecord> now) {
  const std::optional<Day> since = old.empty() ? std::nullopt : old.back().after.since;
  const auto first = std::find_if(now.begin(), now.end(), [&](const SealedRecord& record) {
    return since && record.period.begin >= *since;
  });
  return first != now.end() && first->period.begin == *since &&
         std::all_of(first, now.end(), [](const SealedRecord& record) {
           return record.after.level() == Level::kGreen;
         });
}

}  // namespace

absl::Status Core::ReplayCorrections() {
  // By rule and subject: the earliest corrected day.
  std::map<std::pair<RuleIndex, uint32_t>, Day> corrected;
  KPIWATCH_RETURN_IF_ERROR(CorrectPace());
  for (const Touched& cell : series_->touched()) {
    for (const RuleIndex r : plans_.sealed_rules_of_kpi[cell.kpi]) {
      const SealGroup& group = groups_[group_of_kpi_[rulebook_->rules[r].kpi]];
      if (!group.next || cell.day >= *group.next + (group.sealing ? 1 : 0)) {
        continue;
      }
      const auto [it, is_new] = corrected.try_emplace(std::pair(r, cell.subject.value()), cell.day);
      it->second = std::min(it->second, cell.day);
    }
  }
  for (const SubjectId subject : std::exchange(seen_earlier_, {})) {
    const bool sealed_since = std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
      return group.next && subjects_.Get(subject).first_seen < *group.next;
    });
    for (RuleIndex r = 0; sealed_since && r < rulebook_->rules.size(); ++r) {
      KPIWATCH_ASSIGN_OR_RETURN(const std::optional<Day> day, AddUnjudged(r, subject));
      if (day) {
        const auto [it, is_new] = corrected.try_emplace(std::pair(r, subject.value()), *day);
        it->second = std::min(it->second, *day);
      }
    }
  }
  for (const auto& [key, day] : corrected) {
    KPIWATCH_RETURN_IF_ERROR(ReplayRule(key.first, SubjectId(key.second), day));
  }
  return absl::OkStatus();
}

absl::Status Core::ReplayRule(RuleIndex r, SubjectId subject, Day day) {
  const Rule& rule = rulebook_->rules[r];
  const SubjectInfo& info = subjects_.Get(subject);
  if ((rule.for_each == ForEach::kPerson) != (info.kind == SubjectKind::kPerson)) {
    return absl::OkStatus();
  }
  KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, rule_id_of_[r]));
  // The day itself may not have been judged (ineligible, or beyond the correction window), while
  // later days were corrected with it, or by it.
  const auto first =
      std::find_if(ladder->records.begin(), ladder->records.end(),
                   [day](const SealedRecord& record) { return day < record.period.end; });
  const auto from = static_cast<size_t>(first - ladder->records.begin());
  const Level before = ladder->state.level();
  const bool episodes = rule.period == PeriodKind::kTarget;
  const std::vector<SealedRecord> old = ladder->records;
  KPIWATCH_ASSIGN_OR_RETURN(const size_t turned, ReplayRecords(rule, subject, from, ladder));
  ladders_->MarkChanged(subject, rule_id_of_[r]);
  evaluations_[r]->Add();
  if (episodes) {
    return EmitRederivedTargets(rule, subject, old, v1::REASON_RESTATED, ladder);
  }
  if (ladder->state.level() == before) {
    return absl::OkStatus();
  }
  return EmitRederived(rule, subject, turned, before, v1::REASON_RESTATED, old, ladder);
}

absl::StatusOr<std::optional<Day>> Core::AddUnjudged(RuleIndex r, SubjectId subject) {
  const Rule& rule = rulebook_->rules[r];
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  const SubjectInfo& info = subjects_.Get(subject);
  const Day first_seen = rulebook_->org.given ? group.earliest.value_or(Day{}) : info.first_seen;
  if (rule.evaluate != EvaluateMode::kOnClose || !group.next || first_seen >= *group.next ||
      (rule.for_each == ForEach::kPerson) != (info.kind == SubjectKind::kPerson)) {
    return std::nullopt;
  }
  const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
  const bool passed = group.sealing && info.Name() <= group.cursor;
  const Day end = *group.next + (passed ? 1 : 0);
  const Day in_window = calendar.DayOf(calendar.Close(end - 1) - options_.correction_window);
  KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, rule_id_of_[r]));
  std::vector<SealedRecord>& records = ladder->records;
  std::vector<std::pair<Period, std::optional<Decimal>>> periods;
  std::optional<Day> first;
  for (Day day = std::max({first_seen, group.earliest.value_or(end), in_window}); day < end;
       ++day) {
    PeriodsEnding(rule, subject, day, &periods);
    for (const auto& [period, target] : periods) {
      const auto place = std::lower_bound(
          records.begin(), records.end(), period, [](const SealedRecord& record, const Period& p) {
            return std::pair(record.period.end, record.period.begin) < std::pair(p.end, p.begin);
          });
      const bool known = place != records.end() && place->period.end == period.end &&
                         place->period.begin == period.begin;
      if (!known && IsJudged(r, subject, period, target)) {
        LadderState before = place == records.begin() ? ladder->base : (place - 1)->after;
        if (rule.period == PeriodKind::kTarget) {
          if (place == records.end() && !records.empty() &&
              records.back().period.end < period.end) {
            EndStanding(rule, subject, Moment(), v1::REASON_PERIOD_CLOSED, ladder);
          }
          before = LadderState();  // an episode of its own
        }
        const Level told = rule.period == PeriodKind::kTarget ? Level::kGreen : ToldLevel(*ladder);
        records.insert(place, {period, std::nullopt, Decimal(), target, before, told, true,
                               FloorsOf(*rulebook_, rule, subjects_.Get(subject), period)});
        first = first ? first : std::optional(period.begin);
      }
    }
  }
  if (first) {
    ladders_->MarkChanged(subject, rule_id_of_[r]);
  }
  return first;
}

absl::StatusOr<size_t> Core::ReplayRecords(const Rule& rule, SubjectId subject, size_t from,
                                           Ladder* ladder) {
  const bool episodes = rule.period == PeriodKind::kTarget;
  LadderState state = from == 0 ? ladder->base : ladder->records[from - 1].after;
  const size_t end = ladder->records.size();
  size_t turned = end;
  for (size_t i = from; i < end; ++i) {
    SealedRecord& record = ladder->records[i];
    KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading, ReadRecord(rule, subject, record));
    const PeriodInput input = InputOf(record.period, reading);
    state = AdvanceSealed(rule, episodes ? LadderState() : state, input);
    if (turned == end && record.after.level() != state.level()) {
      turned = i;
    }
    record.met = input.met;
    record.value = input.value;
    record.known = input.known;
    record.after = state;
  }
  if (from < end) {
    ladder->state = state;
  }
  return turned;
}

absl::Status Core::EmitRederived(const Rule& rule, SubjectId subject, size_t at, Level before,
                                 v1::Reason reason, const std::vector<SealedRecord>& old,
                                 Ladder* ladder) {
  const SealedRecord record = ladder->records[at];
  const bool episode = rule.period == PeriodKind::kTarget;
  const Level after = episode ? record.after.level() : ladder->state.level();
  const CalendarIndex calendar_index = rulebook_->kpis[rule.kpi].calendar;
  const BusinessCalendar& calendar = rulebook_->calendars[calendar_index];
  std::string_view hold = HoldOf(record.period, calendar_index);
  if (hold.empty() && calendar.WorkingDays(record.period.end, calendar.DayOf(Moment())) > 1) {
    hold = held::kRetroactive;
  }
  const int64_t since = ladder->since_ms;
  if (after != Level::kGreen || !episode) {
    ladder->since_ms = after == Level::kGreen ? 0
                       : since == 0           ? absl::ToUnixMillis(Moment())
                                              : since;
  }
  const std::optional<Telling> telling = TellingOf(
      before, after, hold, &(episode ? ladder->records[at] : ladder->records.back()).told);
  if (!telling) {
    return absl::OkStatus();
  }
  // What made the ladder fire as it stands, where that is no correction's doing.
  const bool of_before = !episode && telling->to > telling->from &&
                         (telling->is_late || reason != v1::REASON_RESTATED);
  size_t of = at;  // the record that is told of
  if (of_before) {
    KPIWATCH_ASSIGN_OR_RETURN(of, FiredAt(rule, subject, telling->to, ladder->records));
  }
  const SealedRecord& told_of = ladder->records[of];
  KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading, ReadRecord(rule, subject, told_of));
  v1::Transition& transition = NewTransition(rule, subject, told_of.period, telling->from,
                                             telling->to, reason, Moment(), since);
  if (!episode && telling->from == Level::kGreen && telling->not_sent.empty()) {
    ladder->since_ms = transition.active_since_unix_ms();  // for people it begins now
  }
  FillReading(*rulebook_, rule, reading, &transition);
  if (reason == v1::REASON_RESTATED) {
    FillRestated(rule, subject, told_of, old, &transition);
    // A target's episode fires in its own period, and nowhere else.
    transition.set_never_true(telling->to == Level::kGreen &&
                              (episode || WasNeverTrue(old, ladder->records)));
  }
  const std::span<const SealedRecord> all = ladder->records;
  FillCounted(
      *rulebook_, rule, subjects_.Get(subject),
      episode     ? all.subspan(at, 1)
      : of_before ? all.first(of + 1)
                  : all,
      [&](const Period& of) { return IsMeasured(rule.kpi, of); }, &transition);
  Told told = ladder->told;
  FillConsequences(rule, subject, record.period, telling->from, telling->to, Moment(),
                   telling->not_sent, &told, &transition);
  if (after != Level::kGreen || !episode) {  // else other targets' episodes may have to end too
    ladder->told = std::move(told);
  }
  Emit(&transition);
  return absl::OkStatus();
}

void Core::FillRestated(const Rule& rule, SubjectId subject, const SealedRecord& record,
                        const std::vector<SealedRecord>& old, v1::Transition* transition) {
  const Kpi& kpi = rulebook_->kpis[rule.kpi];
  for (const SealedRecord& before : old) {
    // Another period may have been corrected, and this one only counts on.
    const bool other = before.known != record.known || before.value != record.value;
    if (before.period == record.period && before.known && other) {
      transition->set_old_value(before.value.ToString());
      if (before.target) {
        if (const auto completion = Completion(kpi.direction, before.value, *before.target)) {
          transition->set_old_completion(completion->ToFixed(6));
        }
      }
    }
  }
  const std::string unit =
      rule.for_each == ForEach::kUnit ? subjects_.Get(subject).id : std::string();
  const auto counts = [&](KpiIndex k, SubjectId of, Day day) {
    const bool of_kpi = k == rule.kpi || std::binary_search(kpi.parts.begin(), kpi.parts.end(), k);
    if (!of_kpi || of == subject || unit.empty()) {
      return of_kpi && of == subject;
    }
    Ancestors(of, day, &ancestors_);
    return std::find(ancestors_.begin(), ancestors_.end(), subject) != ancestors_.end();
  };
  if (const CorrectionLog::Event* const cause = corrections_.LastOf(record.period, counts)) {
    transition->set_cause_event_id(cause->id);
    transition->set_cause_time_unix_ms(cause->record_ms == kNoTime ? 0 : cause->record_ms);
  }
}

absl::Status Core::EmitRederivedTargets(const Rule& rule, SubjectId subject,
                                        const std::vector<SealedRecord>& before, v1::Reason reason,
                                        Ladder* ladder) {
  for (size_t i = FirstStanding(*ladder); i < ladder->records.size(); ++i) {
    Level was = Level::kGreen;  // not judged yet
    for (const SealedRecord& old : before) {
      was = old.period == ladder->records[i].period ? old.after.level() : was;
    }
    if (ladder->records[i].after.level() != was) {
      KPIWATCH_RETURN_IF_ERROR(EmitRederived(rule, subject, i, was, reason, before, ladder));
    }
  }
  if (!AnyFiring(*ladder)) {
    ladder->told = Told();
    ladder->since_ms = 0;
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
