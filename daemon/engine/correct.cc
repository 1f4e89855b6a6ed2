// Verdicts that change after their seal: corrected facts (S-18) and changed rules (S-22, D-29). A
// ladder's sealed periods are judged again from the first one concerned, and what differs in the
// end is told.
#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/store/keys.h"

namespace kpiwatch {

absl::Status Core::ReplayCorrections() {
  // By rule and subject: the earliest corrected day.
  std::map<std::pair<RuleIndex, uint32_t>, Day> corrected;
  for (const Touched& cell : series_->touched()) {
    for (const RuleIndex r : sealed_rules_of_kpi_[cell.kpi]) {
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
  const Ladder old = episodes ? *ladder : Ladder();
  KPIWATCH_ASSIGN_OR_RETURN(const size_t turned, ReplayRecords(rule, subject, from, ladder));
  ladders_->MarkChanged(subject, rule_id_of_[r]);
  evaluations_[r]->Add();
  if (episodes) {
    return EmitRederivedTargets(rule, subject, old, v1::REASON_RESTATED, ladder);
  }
  if (ladder->state.level() == before) {
    return absl::OkStatus();
  }
  const SealedRecord record = ladder->records[turned];
  KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading,
                            ReadFor(rule, subject, record.period, record.target));
  EmitRederived(rule, subject, record, before, v1::REASON_RESTATED, reading, ladder);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Day>> Core::AddUnjudged(RuleIndex r, SubjectId subject) {
  const Rule& rule = rulebook_->rules[r];
  const SealGroup& group = groups_[group_of_kpi_[rule.kpi]];
  const SubjectInfo& info = subjects_.Get(subject);
  if (rule.evaluate == EvaluateMode::kIntraday || !group.next || info.first_seen >= *group.next ||
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
  for (Day day = std::max({info.first_seen, group.earliest.value_or(end), in_window}); day < end;
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
            EndStanding(rule, subject, now_, v1::REASON_PERIOD_CLOSED, ladder);
          }
          before = LadderState();  // an episode of its own
        }
        records.insert(place, {period, std::nullopt, Decimal(), target, before});
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
    KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading,
                              ReadFor(rule, subject, record.period, record.target));
    const PeriodInput input = InputOf(record.period, reading);
    state = AdvanceSealed(rule, episodes ? LadderState() : state, input);
    if (turned == end && record.after.level() != state.level()) {
      turned = i;
    }
    record.met = input.met;
    record.value = input.value;
    record.after = state;
  }
  if (from < end) {
    ladder->state = state;
  }
  return turned;
}

void Core::EmitRederived(const Rule& rule, SubjectId subject, const SealedRecord& at_record,
                         Level before, v1::Reason reason, const KpiReading& reading,
                         Ladder* ladder) {
  const bool episode = rule.period == PeriodKind::kTarget;
  const Level after = episode ? at_record.after.level() : ladder->state.level();
  v1::Transition& transition =
      NewTransition(rule, subject, at_record.period, before, after, reason, now_, ladder->since_ms);
  FillReading(rule, reading, &transition);
  if (episode) {
    Ladder alone;
    alone.state = at_record.after;
    alone.records.push_back(at_record);
    FillCounted(rule, subject, alone, &transition);
  } else {
    FillCounted(rule, subject, *ladder, &transition);
  }
  const std::vector<std::string> told = ladder->notified;
  FillConsequences(rule, subject, at_record.period, before, after, now_, &ladder->notified,
                   &transition);
  const bool firing = AnyFiring(*ladder);
  if (firing && after == Level::kGreen) {
    ladder->notified = told;  // another target's episode goes on
  }
  const BusinessCalendar& calendar = rulebook_->calendars[rulebook_->kpis[rule.kpi].calendar];
  const Day closed = at_record.period.end - 1;
  if (after > before && transition.not_sent_reason().empty() &&
      calendar.WorkingDays(closed + 1, calendar.DayOf(now_)) > 1) {
    transition.set_not_sent_reason("retroactive");  // newly true in the past (S-18)
  }
  ladder->since_ms = !firing                 ? 0
                     : ladder->since_ms == 0 ? absl::ToUnixMillis(now_)
                                             : ladder->since_ms;
  Emit(&transition);
}

absl::Status Core::EmitRederivedTargets(const Rule& rule, SubjectId subject, const Ladder& before,
                                        v1::Reason reason, Ladder* ladder) {
  for (size_t i = FirstStanding(*ladder); i < ladder->records.size(); ++i) {
    const SealedRecord record = ladder->records[i];
    Level was = Level::kGreen;  // not judged yet
    for (const SealedRecord& old : before.records) {
      was = old.period == record.period ? old.after.level() : was;
    }
    if (record.after.level() != was) {
      KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading,
                                ReadFor(rule, subject, record.period, record.target));
      EmitRederived(rule, subject, record, was, reason, reading, ladder);
    }
  }
  return absl::OkStatus();
}

absl::Status Core::TakeRuleChanges() {
  std::set<RuleIndex> changed;
  std::set<uint32_t> present;
  rule_id_of_.clear();
  for (RuleIndex r = 0; r < rulebook_->rules.size(); ++r) {
    const Rule& rule = rulebook_->rules[r];
    const auto known = rule_ids_.Find(rule.name);
    if (!known) {
      rule_id_of_.push_back(rule_ids_.Add(rule.name, rule.fingerprint, &names_));
    } else {
      rule_id_of_.push_back(*known);
      if (rule_ids_.Get(*known).fingerprint != rule.fingerprint) {
        changed.insert(r);
        rule_ids_.SetFingerprint(*known, rule.fingerprint, &names_);
      }
    }
    present.insert(rule_id_of_.back());
  }
  std::set<uint32_t> gone;
  for (uint32_t id = 0; id < rule_ids_.size(); ++id) {
    // A fingerprint of 0 marks what was taken out before.
    if (!present.contains(id) && rule_ids_.Get(id).fingerprint != 0) {
      gone.insert(id);
      rule_ids_.SetFingerprint(id, 0, &names_);
    }
  }
  if (changed.empty() && gone.empty()) {
    return absl::OkStatus();
  }
  return TakeGoneRules(gone, changed);
}

absl::Status Core::TakeGoneRules(const std::set<uint32_t>& gone,
                                 const std::set<RuleIndex>& changed) {
  std::set<uint32_t> changed_ids;
  for (const RuleIndex r : changed) {
    changed_ids.insert(rule_id_of_[r]);
  }
  std::vector<std::pair<SubjectId, uint32_t>> closed_ladders;
  std::vector<std::pair<SubjectId, Period>> open_ladders;
  KPIWATCH_RETURN_IF_ERROR(
      store_->Scan(Family::kLadder, "", "", [&](std::string_view key, std::string_view) {
        const auto parts = ParseLadderKey(key);
        if (!parts) {
          return true;
        }
        if (const auto id = ParseLadderKeyRest(parts->rest)) {
          if (gone.contains(*id) || changed_ids.contains(*id)) {
            closed_ladders.emplace_back(SubjectId(parts->subject), *id);
          }
        } else if (const auto period = ParseOpenLadderKeyRest(parts->rest)) {
          open_ladders.emplace_back(SubjectId(parts->subject), *period);
        }
        return true;
      }));
  const auto resolve = [&](uint32_t id, SubjectId subject, const Period& period, Level level,
                           int64_t since_ms, std::vector<std::string>* notified,
                           v1::Reason reason) {
    v1::Transition ended;
    ended.set_rule(rule_ids_.Get(id).name);
    ended.set_subject(subjects_.Get(subject).Name());
    ended.set_period(period.ToString());
    ended.set_from_level(static_cast<v1::Level>(level));
    ended.set_at_unix_ms(absl::ToUnixMillis(now_));
    ended.set_active_since_unix_ms(since_ms);
    ended.set_reason(reason);
    for (std::string& person : *notified) {
      ended.add_notified(std::move(person));
    }
    if (notified->empty()) {
      ended.set_not_sent_reason("no_recipients");
    }
    notified->clear();
    Emit(&ended);
  };
  for (const auto& [subject, id] : closed_ladders) {
    KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, id));
    ladders_->MarkChanged(subject, id);
    const auto rule = std::find(rule_id_of_.begin(), rule_id_of_.end(), id);
    if (rule != rule_id_of_.end()) {
      KPIWATCH_RETURN_IF_ERROR(
          RederiveLadder(static_cast<RuleIndex>(rule - rule_id_of_.begin()), subject, ladder));
      continue;
    }
    for (size_t i = FirstStanding(*ladder); i < ladder->records.size(); ++i) {
      const SealedRecord& record = ladder->records[i];
      if (record.after.level() != Level::kGreen) {
        std::vector<std::string> told = ladder->notified;
        resolve(id, subject, record.period, record.after.level(), ladder->since_ms, &told,
                v1::REASON_RULE_REMOVED);
      }
    }
    *ladder = Ladder();
  }
  for (const auto& [subject, period] : open_ladders) {
    KPIWATCH_ASSIGN_OR_RETURN(LadderTable::Open* const open, ladders_->FindOpen(subject, period));
    const size_t before = open->ladders.size();
    for (size_t i = 0; i < before; ++i) {
      OpenLadder& ladder = open->ladders.At(i);
      const bool is_gone = gone.contains(ladder.rule);
      if ((is_gone || changed_ids.contains(ladder.rule)) && ladder.level() != Level::kGreen) {
        resolve(ladder.rule, subject, period, ladder.level(), ladder.since_ms, &ladder.notified,
                is_gone ? v1::REASON_RULE_REMOVED : v1::REASON_RULE_CHANGED);
        ladder.latched = 0;
      }
    }
    open->ladders.EraseGreen();
    if (open->ladders.size() != before) {
      ladders_->MarkChanged(open);
    }
  }
  return absl::OkStatus();
}

absl::Status Core::RederiveLadder(RuleIndex r, SubjectId subject, Ladder* ladder) {
  const Rule& rule = rulebook_->rules[r];
  const bool same_periods =
      !ladder->records.empty() && ladder->records.front().period.kind == rule.period;
  if (!same_periods || rule.evaluate == EvaluateMode::kIntraday) {
    // It counts other periods now: what it said ends, and it begins anew.
    EndStanding(rule, subject, now_, v1::REASON_RULE_CHANGED, ladder);
    *ladder = Ladder();
    return absl::OkStatus();
  }
  const Level before = ladder->state.level();
  if (rule.period == PeriodKind::kTarget) {
    const Ladder old = *ladder;
    KPIWATCH_RETURN_IF_ERROR(ReplayRecords(rule, subject, FirstStanding(*ladder), ladder).status());
    return EmitRederivedTargets(rule, subject, old, v1::REASON_RULE_CHANGED, ladder);
  }
  KPIWATCH_RETURN_IF_ERROR(ReplayRecords(rule, subject, 0, ladder).status());
  if (ladder->state.level() != before) {
    const SealedRecord record = ladder->records.back();
    KPIWATCH_ASSIGN_OR_RETURN(const KpiReading reading,
                              ReadFor(rule, subject, record.period, record.target));
    EmitRederived(rule, subject, record, before, v1::REASON_RULE_CHANGED, reading, ladder);
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
