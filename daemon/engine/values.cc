// Reading values off the core between steps.
#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/engine/core.h"
#include "daemon/engine/transition_facts.h"
#include "daemon/evaluate/eligibility.h"

namespace kpiwatch {
namespace {

// The kinds of period in which every subject's values are listed. Where nothing looks at the KPI by
// itself, those of the verdicts that it is part of, else the day and the month.
std::set<PeriodKind> ListedKinds(const Rulebook& rulebook, KpiIndex k) {
  std::set<PeriodKind> kinds;
  bool by_target = false;
  for (const Rule& rule : rulebook.rules) {
    by_target = by_target || (rule.kpi == k && rule.period == PeriodKind::kTarget);
    if (rule.kpi == k && rule.period != PeriodKind::kTarget) {
      kinds.insert(rule.period);
    }
  }
  const bool has_target = std::any_of(rulebook.targets.begin(), rulebook.targets.end(),
                                      [k](const Target& target) { return target.kpi == k; });
  if (kinds.empty() && !by_target && !has_target) {
    const std::vector<PeriodKind>& of_verdicts = rulebook.kpis[k].periods;
    kinds.insert(of_verdicts.begin(), of_verdicts.end());
    kinds.erase(PeriodKind::kTarget);
    if (kinds.empty()) {
      kinds = {PeriodKind::kDay, PeriodKind::kMonth};
    }
  }
  return kinds;
}

std::string UnitOf(const Org& org, const SubjectInfo& person_info, Day day) {
  if (!org.given) {
    return person_info.home_unit.empty() ? std::string(kCompanyUnit) : person_info.home_unit;
  }
  const Person* const person = org.FindPerson(person_info.id, day);
  return person == nullptr ? std::string() : org.units[person->unit].id;
}

bool IsRoot(const Org& org, std::string_view unit) {
  if (!org.given) {
    return unit == kCompanyUnit;
  }
  const auto found = org.FindUnit(unit);
  return found && !org.units[*found].parent;
}

// Whether the subject's nothing in the period is a zero: known all through it, or, where no org is
// given, seen before its end.
bool WasThere(const Org& org, const SubjectInfo& info, const Period& period) {
  if (!org.given) {
    return info.first_seen < period.end;
  }
  return info.kind == SubjectKind::kUnit ? org.FindUnit(info.id).has_value()
                                         : org.FindPerson(info.id, period.begin) != nullptr &&
                                               org.FindPerson(info.id, period.end - 1) != nullptr;
}

// What the ladder keeps of a closed period; null: it did not count, or is older than the correction
// window.
const SealedRecord* FindRecord(const Ladder& ladder, const Period& period) {
  for (const SealedRecord& record : ladder.records) {
    if (record.period.begin == period.begin && record.period.end == period.end) {
      return &record;
    }
  }
  return nullptr;
}

// The periods of `kinds` that have begun by `last`, the first of them that of the group's first
// day.
std::set<Period> BegunPeriods(const SealGroup& group, const BusinessCalendar& calendar,
                              const std::set<PeriodKind>& kinds, Day last) {
  std::set<Period> periods;
  for (const PeriodKind kind : kinds) {
    for (Period period = calendar.PeriodOf(kind, *group.earliest); period.begin <= last;
         period = calendar.PeriodOf(kind, period.end)) {
      periods.insert(period);
    }
  }
  return periods;
}

}  // namespace

absl::StatusOr<PeriodValue> Core::ReadValue(KpiIndex k, SubjectId subject, const Period& period) {
  const Kpi& kpi = rulebook_->kpis[k];
  const SubjectInfo& info = subjects_.Get(subject);
  PeriodValue value;
  value.kpi = kpi.name;
  value.subject = info.Name();
  value.period = period;
  const Target* const in_force = rulebook_->FindTarget(k, value.subject, period);
  std::optional<Decimal> target =
      in_force == nullptr ? std::nullopt : std::optional(in_force->value);
  int capacity = CapacityOf(*rulebook_, info, period);
  std::vector<std::pair<RuleIndex, LadderState>> judging;  // the rules that look at such a period
  for (RuleIndex r = 0; r < rulebook_->rules.size(); ++r) {
    const Rule& rule = rulebook_->rules[r];
    const bool same_kind =
        rule.period == period.kind || (rule.period == PeriodKind::kTarget && in_force != nullptr);
    if (rule.kpi != k || !same_kind || !RuleCovers(*rulebook_, rule, info, period)) {
      continue;
    }
    LadderState streaks;
    KPIWATCH_ASSIGN_OR_RETURN(Ladder* const ladder, ladders_->Find(subject, rule_id_of_[r]));
    if (const SealedRecord* const record = FindRecord(*ladder, period)) {
      streaks = record->after;
      // A closed period keeps what it was judged by, whatever came later (S-02, S-09).
      target = record->target ? record->target : target;
      capacity = record->capacity.value_or(capacity);
    }
    judging.emplace_back(r, streaks);
  }
  KPIWATCH_ASSIGN_OR_RETURN(
      value.reading, viewer_->Read(k, subject, std::string(LevelOfPerson(*rulebook_, info, period)),
                                   period, target, capacity));
  if (std::any_of(judging.begin(), judging.end(),
                  [&](const auto& judged) { return plans_.reads_back_loading[judged.first]; })) {
    KPIWATCH_ASSIGN_OR_RETURN(value.reading.back_loading,
                              pace_reader().BackLoading(k, subject, period));
  }
  const PeriodInput input = InputOf(period, value.reading);
  const bool measured = IsMeasured(k, period);
  std::optional<PaceReading> pace;
  const SealGroup& group = groups_[group_of_kpi_[k]];
  const bool has_begun = group.next && *group.next > period.begin;
  const bool is_asked =
      target || std::any_of(judging.begin(), judging.end(), [&](const auto& judged) {
        return rulebook_->rules[judged.first].evaluate == EvaluateMode::kOnPace;
      });
  if (kpi.AddsUp() && measured && has_begun && is_asked) {
    const Day day = std::min(*group.next, period.end);
    const bool with_best = std::any_of(judging.begin(), judging.end(), [&](const auto& judged) {
      return plans_.reads_best_rate[judged.first];
    });
    KPIWATCH_ASSIGN_OR_RETURN(
        pace,
        pace_reader().Read(k, subject, period, target, day,
                           with_best ? std::optional(BestRateFrom(k, period, day)) : std::nullopt));
    value.pace = target ? std::optional(pace->pace) : std::nullopt;
  }
  if (input.completion && measured && judging.empty()) {
    value.level = Level::kGreen;
  }
  for (const auto& [r, streaks] : judging) {
    const Rule& rule = rulebook_->rules[r];
    if (!measured || (plans_.needs_target[r] && !input.completion)) {
      continue;  // what does not count has no colour
    }
    PeriodInput judged = input;
    if (rule.evaluate == EvaluateMode::kOnPace) {
      if (!pace || pace->pace.too_early) {
        continue;
      }
      judged = InputOf(period, pace->reading);
      judged.pace = &pace->pace;
    }
    const Level band = BandOf(rule, streaks, judged);
    // While it is open a period is judged on every day; that nothing happens on a Sunday is neither
    // good nor bad.
    if (CalendarEligibility(*rulebook_, rule, info, period) == Eligibility::kEligible ||
        (rule.evaluate == EvaluateMode::kIntraday && band != Level::kGreen)) {
      value.level = std::max(value.level.value_or(Level::kGreen), band);
    }
  }
  if (!input.known && value.level == Level::kGreen) {
    value.level.reset();  // what has no value is not good
  }
  return value;
}

absl::StatusOr<std::vector<PeriodValue>> Core::Values() {
  std::vector<PeriodValue> values;
  for (KpiIndex k = 0; k < rulebook_->kpis.size(); ++k) {
    const SealGroup& group = groups_[group_of_kpi_[k]];
    const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
    // Periods that are open are told as they stand; those of which no day is sealed yet only where
    // something has happened in them.
    const Day first = group.earliest.value_or(Day::Min());
    const Day sealed_to = std::max(group.next.value_or(first), first);
    const Day today =
        now_ == absl::InfinitePast() ? sealed_to : std::max(sealed_to, calendar.DayOf(now_));
    const std::set<Period> begun =
        group.earliest ? BegunPeriods(group, calendar, ListedKinds(*rulebook_, k), today)
                       : std::set<Period>();
    for (const SubjectId subject : subjects_.ByName()) {
      if (rulebook_->kpis[k].by_unit && subjects_.Get(subject).kind == SubjectKind::kPerson) {
        continue;  // what is recorded for units only says nothing of a person
      }
      const std::string name = subjects_.Get(subject).Name();
      std::set<Period> targeted;
      for (const Target& target : rulebook_->targets) {
        if (target.kpi == k && target.subject == name) {
          targeted.insert(target.period);
        }
      }
      std::set<Period> periods = begun;
      periods.insert(targeted.begin(), targeted.end());
      for (const Period& period : periods) {
        KPIWATCH_ASSIGN_OR_RETURN(PeriodValue value, ReadValue(k, subject, period));
        const bool asked = period.begin < sealed_to || targeted.contains(period);
        const bool says_something = value.reading.count != 0 || !value.reading.value.is_zero() ||
                                    (asked && value.reading.target.has_value());
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

KpiSamples Core::ReadSamples(size_t limit) {
  KpiSamples samples;
  std::vector<KpiSample> zeros;  // take the room that is left
  for (KpiIndex k = 0; k < rulebook_->kpis.size(); ++k) {
    const Kpi& kpi = rulebook_->kpis[k];
    const SealGroup& group = groups_[group_of_kpi_[k]];
    const std::optional<Day> today = group.next ? group.next : group.earliest;
    if (!today || (!kpi.expose_units && !kpi.expose_people)) {
      continue;
    }
    const BusinessCalendar& calendar = rulebook_->calendars[group.calendar];
    // Whether every day of it has proven that what is not there did not happen (S-26).
    const auto sealed = [&group](const Period& period) {
      return group.next && group.earliest && *group.earliest <= period.begin &&
             period.end <= *group.next;
    };
    for (const SubjectId subject : subjects_.ByName()) {
      const SubjectInfo& info = subjects_.Get(subject);
      const bool person = info.kind == SubjectKind::kPerson;
      if (person ? !kpi.expose_people || kpi.by_unit : !kpi.expose_units) {
        continue;
      }
      for (const PeriodKind kind : kpi.periods) {
        if (kind == PeriodKind::kTarget) {
          continue;
        }
        const Period open = calendar.PeriodOf(kind, *today);
        for (const Period& period : {open, calendar.PeriodOf(kind, open.begin - 1)}) {
          if (samples.samples.size() >= limit) {
            ++samples.dropped;
            continue;
          }
          const auto value = ReadValue(k, subject, period);
          if (!value.ok()) {
            continue;
          }
          const bool nothing = value->reading.count == 0 && !value->reading.target;
          if (nothing && (kpi.type != KpiType::kSimple || !sealed(period) ||
                          !WasThere(rulebook_->org, info, period))) {
            continue;
          }
          if (nothing && zeros.size() >= limit) {
            ++samples.dropped;
            continue;
          }
          KpiSample sample;
          sample.kpi = kpi.name;
          sample.person = person ? info.id : std::string();
          sample.unit = person ? UnitOf(rulebook_->org, info, period.begin) : info.id;
          sample.period = (period == open ? "" : "last_") + std::string(PeriodKindName(kind));
          sample.level_of_org = person                            ? "person"
                                : IsRoot(rulebook_->org, info.id) ? "company"
                                                                  : "unit";
          if (value->reading.state == ValueState::kKnown) {
            sample.value = value->reading.value.ToDouble();
          }
          if (value->reading.target) {
            sample.target = value->reading.target->ToDouble();
          }
          if (value->reading.completion) {
            sample.completion_ratio = value->reading.completion->ToDouble();
          }
          if (value->pace && value->pace->index) {
            sample.pace_ratio = value->pace->index->ToDouble();
          }
          sample.level = value->level;
          (nothing ? zeros : samples.samples).push_back(std::move(sample));
        }
      }
    }
  }
  const size_t room = limit - std::min(limit, samples.samples.size());
  samples.dropped += zeros.size() - std::min(room, zeros.size());
  zeros.resize(std::min(room, zeros.size()));
  std::move(zeros.begin(), zeros.end(), std::back_inserter(samples.samples));
  return samples;
}

}  // namespace kpiwatch
