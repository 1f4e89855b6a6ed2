// What a new rulebook does to the ladders of the one before (S-22, D-29): rules that are gone end
// what they fired, changed ones are judged again from stored days, and so are the days that new
// ones find.
#include <algorithm>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"
#include "daemon/store/keys.h"

namespace kpiwatch {
namespace {

uint8_t TiersOf(const Rule& rule) {
  uint8_t tiers = 0;
  for (const Tier& tier : rule.tiers) {
    tiers |= static_cast<uint8_t>(1U << static_cast<int>(tier.level));
  }
  return tiers;
}

// Whether the rule watches the subject in what is not sealed yet: else its ladder was forgotten, or
// will be with the next seal, and nothing of it is fired anew. `group`: of the rule's KPI.
bool MayStillWatch(const Rulebook& rulebook, const Rule& rule, const SealGroup& group,
                   const SubjectInfo& info) {
  if (!group.next) {
    return true;
  }
  Day from = *group.next - 1;
  if (rule.period != PeriodKind::kDay && rule.period != PeriodKind::kTarget) {
    const Period open = rulebook.calendars[group.calendar].PeriodOf(rule.period, *group.next);
    from = std::min(from, open.begin);
  }
  return RuleWatchesFrom(rulebook, rule, info, from);
}

}  // namespace

absl::Status Core::TakeRuleChanges() {
  OpenAgain changed, open_again;
  std::set<uint32_t> present;
  rule_id_of_.clear();
  KPIWATCH_ASSIGN_OR_RETURN(const bool other_targets,
                            targets_record_.Take(*store_, *rulebook_, &names_));
  for (RuleIndex r = 0; r < rulebook_->rules.size(); ++r) {
    const Rule& rule = rulebook_->rules[r];
    const auto known = rule_ids_.Find(rule.name);
    rule_id_of_.push_back(known ? *known : rule_ids_.Add(rule.name, rule.fingerprint, &names_));
    present.insert(rule_id_of_.back());
    const bool is_new = !known || rule_ids_.Get(*known).fingerprint == 0;
    const bool is_changed = known && rule_ids_.Get(*known).fingerprint != rule.fingerprint;
    if (is_changed) {
      rule_ids_.SetFingerprint(*known, rule.fingerprint, &names_);
    }
    const v1::Reason reason =
        is_changed && !is_new ? v1::REASON_RULE_CHANGED : v1::REASON_THRESHOLD;
    if (is_changed || is_new) {
      changed[r] = reason;
    }
    const bool by_target = plans_.needs_target[r] || rule.period == PeriodKind::kTarget;
    if (is_new || is_changed || (other_targets && by_target)) {
      open_again[r] = reason;
    }
  }
  std::set<uint32_t> gone;
  for (uint32_t id = 0; id < rule_ids_.size(); ++id) {
    // A fingerprint of 0 marks what was taken out before.
    if (!present.contains(id) && rule_ids_.Get(id).fingerprint != 0) {
      gone.insert(id);
      rule_ids_.SetFingerprint(id, 0, &names_);
    }
  }
  if (step_ == 0 || (gone.empty() && open_again.empty())) {
    return absl::OkStatus();  // no step, no ladders
  }
  KPIWATCH_RETURN_IF_ERROR(TakeGoneRules(gone, changed));
  KPIWATCH_RETURN_IF_ERROR(EndOpen(gone, open_again));
  return JudgeOpenAgain(open_again);
}

absl::Status Core::TakeGoneRules(const std::set<uint32_t>& gone, const OpenAgain& changed) {
  std::vector<std::pair<SubjectId, uint32_t>> closed_ladders;
  KPIWATCH_RETURN_IF_ERROR(
      store_->Scan(Family::kLadder, "", "", [&](std::string_view key, std::string_view) {
        const auto parts = ParseLadderKey(key);
        if (!parts) {
          return true;
        }
        const auto id = ParseLadderKeyRest(parts->rest);
        if (id && gone.contains(*id)) {
          closed_ladders.emplace_back(SubjectId(parts->subject), *id);
        }
        return true;
      }));
  for (const auto& [subject, id] : closed_ladders) {
    KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, id));
    ladders_->MarkChanged(subject, id);
    for (size_t i = FirstStanding(*ladder); i < ladder->records.size(); ++i) {
      const SealedRecord& record = ladder->records[i];
      EndLeft({id, subject, record.period, record.after.level(), record.told, ladder->since_ms,
               record.known ? std::optional(record.value) : std::nullopt, record.target},
              v1::REASON_RULE_REMOVED, ladder->told);
    }
    *ladder = Ladder();
  }
  for (const auto& [r, reason] : changed) {
    for (const SubjectId subject : subjects_.ByName()) {
      KPIWATCH_RETURN_IF_ERROR(RederiveLadder(r, reason, subject));
    }
  }
  return absl::OkStatus();
}

void Core::EndLeft(const LeftFiring& left, v1::Reason reason, const Told& how) {
  Level told = left.told;
  const auto telling = TellingOf(left.was, Level::kGreen, {}, &told);
  if (!telling) {
    return;
  }
  v1::Transition ended;
  ended.set_rule(rule_ids_.Get(left.rule).name);
  ended.set_subject(subjects_.Get(left.subject).Name());
  // The KPI may be gone as well as the rule, and with it the name of its fiscal years.
  ended.set_period(rulebook_->calendars[0].NameOf(left.period));
  ended.set_from_level(static_cast<v1::Level>(telling->from));
  ended.set_at_unix_ms(absl::ToUnixMillis(Moment()));
  ended.set_active_since_unix_ms(left.since_ms);
  ended.set_reason(reason);
  const auto known = std::find(rule_id_of_.begin(), rule_id_of_.end(), left.rule);
  const Rule* const rule =
      known == rule_id_of_.end()
          ? nullptr
          : &rulebook_->rules[static_cast<size_t>(known - rule_id_of_.begin())];
  ended.set_kpi(told_log_.KpiOf(how));
  if (ended.kpi().empty() && rule != nullptr) {
    ended.set_kpi(rulebook_->kpis[rule->kpi].name);  // told by an older program
  }
  if (const auto index = rulebook_->FindKpi(ended.kpi())) {
    const Kpi& kpi = rulebook_->kpis[*index];
    const SubjectInfo& subject = subjects_.Get(left.subject);
    const CalendarIndex site = SiteOf(*rulebook_, kpi, subject, left.period.end - 1);
    ended.set_period(rulebook_->calendars[kpi.calendar].NameOf(left.period));
    ended.set_currency(kpi.currency);
    ended.set_period_begin_unix_ms(day_begins_.Ms(*rulebook_, site, left.period.begin));
    ended.set_period_end_unix_ms(day_begins_.Ms(*rulebook_, site, left.period.end));
  }
  FillFigures(*rulebook_, left.value, left.target, &ended);
  if (telling->not_sent.empty()) {
    told_log_.FillWay(how, rule, &ended);
  } else {
    ended.set_not_sent_reason(std::string(telling->not_sent));
  }
  Emit(&ended);
}

absl::Status Core::RederiveLadder(RuleIndex r, v1::Reason reason, SubjectId subject) {
  const Rule& rule = rulebook_->rules[r];
  const uint32_t id = rule_id_of_[r];
  KPIWATCH_ASSIGN_OR_RETURN(const bool known, ladders_->Has(subject, id));
  const SubjectInfo& info = subjects_.Get(subject);
  const bool is_person = info.kind == SubjectKind::kPerson;
  const bool may_judge = rule.evaluate == EvaluateMode::kOnClose &&
                         (rule.for_each == ForEach::kPerson) == is_person &&
                         MayStillWatch(*rulebook_, rule, groups_[group_of_kpi_[rule.kpi]], info);
  if (!known && !may_judge) {
    return absl::OkStatus();
  }
  KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, id));
  const bool same_periods =
      ladder->records.empty() || ladder->records.front().period.kind == rule.period;
  const bool episodes = rule.period == PeriodKind::kTarget;
  const bool stands_uncovered =
      std::any_of(ladder->records.begin() + static_cast<ptrdiff_t>(FirstStanding(*ladder)),
                  ladder->records.end(), [&](const SealedRecord& record) {
                    return !IsCovered(r, subject, record.period, record.target);
                  });
  if (!may_judge || !same_periods || (episodes && stands_uncovered)) {
    // It counts other periods or others now: what it said ends, and it begins anew.
    EndStanding(rule, subject, Moment(), v1::REASON_RULE_CHANGED, ladder);
    *ladder = Ladder();
    ladders_->MarkChanged(subject, id);
    return absl::OkStatus();
  }
  const Ladder old = *ladder;
  KPIWATCH_RETURN_IF_ERROR(AddUnjudged(r, subject).status());
  std::erase_if(ladder->records, [&](const SealedRecord& record) {
    return !IsCovered(r, subject, record.period, record.target);
  });
  if (ladder->records.empty()) {
    if (!known) {
      return absl::OkStatus();
    }
    *ladder = old;
    EndStanding(rule, subject, Moment(), v1::REASON_RULE_CHANGED, ladder);
    *ladder = Ladder();
    ladders_->MarkChanged(subject, id);
    return absl::OkStatus();
  }
  ladders_->MarkChanged(subject, id);
  ladder->base.latched &= TiersOf(rule);
  if (episodes) {
    KPIWATCH_RETURN_IF_ERROR(ReplayRecords(rule, subject, FirstStanding(*ladder), ladder).status());
    return EmitRederivedTargets(rule, subject, old.records, reason, ladder);
  }
  ladder->records.back().told = ToldLevel(old);
  KPIWATCH_RETURN_IF_ERROR(ReplayRecords(rule, subject, 0, ladder).status());
  return ladder->state.level() == old.state.level()
             ? absl::OkStatus()
             : EmitRederived(rule, subject, ladder->records.size() - 1, old.state.level(), reason,
                             old.records, ladder);
}

}  // namespace kpiwatch
