#include "daemon/evaluate/eligibility.h"

#include <algorithm>

#include "daemon/ledger/kpi_view.h"

namespace kpiwatch {
namespace {

Eligibility NoWork(const Period& period) {
  return period.kind == PeriodKind::kDay ? Eligibility::kNotAWorkingDay
                                         : Eligibility::kNoWorkingDays;
}

// The entry that holds the period's last employed day; null: not employed in it.
const Person* EntryIn(const Org& org, std::string_view id, const Period& period) {
  for (Day day = period.end - 1; day >= period.begin; day = day - 1) {
    if (const Person* person = org.FindPerson(id, day)) {
      return person;
    }
  }
  return nullptr;
}

// By the calendar of the unit he belonged to on each day, where the KPI has none of its own.
Eligibility PersonEligibility(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& info,
                              const Period& period) {
  const bool by_unit = kpi.calendar == rulebook.unit_calendars;
  bool works = false;
  bool employed = false;
  bool on_leave = false;
  for (Day day = period.begin; day < period.end; ++day) {
    if (!by_unit && !rulebook.calendars[kpi.calendar].IsWorkingDay(day)) {
      continue;
    }
    const Person* person = rulebook.org.FindPerson(info.id, day);
    if (by_unit &&
        !rulebook.calendars[person == nullptr ? 0 : rulebook.org.units[person->unit].calendar]
             .IsWorkingDay(day)) {
      continue;
    }
    works = true;
    if (person == nullptr) {
      continue;
    }
    if (person->CapacityOn(day) > 0) {
      return Eligibility::kEligible;
    }
    employed = true;
    on_leave = on_leave || person->OnLeave(day);
  }
  if (!works) {
    return NoWork(period);
  }
  return !employed  ? Eligibility::kNotEmployed
         : on_leave ? Eligibility::kOnLeave
                    : Eligibility::kPartTimeOff;
}

// Without the org's entry of a person: kind, and whether there can be a ladder at all (D-19).
bool MayWatch(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info) {
  const bool is_person = info.kind == SubjectKind::kPerson;
  if ((rule.for_each == ForEach::kPerson) != is_person) {
    return false;
  }
  return is_person ? info.id != kUnassignedPerson
                   : !rulebook.org.given || rulebook.org.FindUnit(info.id).has_value();
}

// The rule's `where`; `person`: null for units and where no org is given.
bool HoldsFor(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
              const Person* person) {
  if (!rule.where) {
    return true;
  }
  return rule.where->EvaluateBool([&](uint16_t slot) {
    switch (slot) {
      case kSlotPersonLevel:
        return person == nullptr ? lang::Value::Absent()
                                 : lang::Value::Of(std::string_view(person->level));
      case kSlotPersonUnit:
        return person == nullptr
                   ? lang::Value::Absent()
                   : lang::Value::Of(std::string_view(rulebook.org.units[person->unit].id));
      case kSlotPersonId:
        return info.kind == SubjectKind::kPerson ? lang::Value::Of(std::string_view(info.id))
                                                 : lang::Value::Absent();
      case kSlotUnitId:
        return info.kind == SubjectKind::kUnit ? lang::Value::Of(std::string_view(info.id))
                                               : lang::Value::Absent();
      default:
        return lang::Value::Absent();
    }
  });
}

bool Reads(const lang::Program& program, uint16_t slot) {
  return std::binary_search(program.slots().begin(), program.slots().end(), slot);
}

}  // namespace

std::string_view EligibilityName(Eligibility eligibility) {
  switch (eligibility) {
    case Eligibility::kEligible:
      return "eligible";
    case Eligibility::kNotAWorkingDay:
      return "not_a_working_day";
    case Eligibility::kNoWorkingDays:
      return "not_applicable";
    case Eligibility::kNotEmployed:
      return "not_employed";
    case Eligibility::kOnLeave:
      return "on_leave";
    case Eligibility::kNoTarget:
      return "no_target";
    case Eligibility::kNoFloors:
      return "no_floors";
    case Eligibility::kBeforeFirstSight:
      return "before_first_sight";
    case Eligibility::kInsufficient:
      return "insufficient";
    case Eligibility::kPartTimeOff:
      return "part_time";
    case Eligibility::kNotWatched:
      return "not_watched";
    case Eligibility::kNoValue:
      return "no_value";
  }
  return "unknown";
}

bool ReadsStreaks(const Rule& rule) {
  const auto reads = [](const lang::Program& program) {
    return Reads(program, kSlotMissStreak) || Reads(program, kSlotHitStreak);
  };
  return std::any_of(rule.tiers.begin(), rule.tiers.end(), [&](const Tier& tier) {
    return reads(tier.when) || (tier.clear && reads(*tier.clear));
  });
}

bool NeedsTarget(const Rulebook& rulebook, const Rule& rule) {
  if (rulebook.kpis[rule.kpi].type == KpiType::kVerdict) {
    return false;  // floors take the target's place
  }
  const auto needs = [](const lang::Program& program) {
    return Reads(program, kSlotTarget) || Reads(program, kSlotCompletion) ||
           Reads(program, kSlotMissStreak) || Reads(program, kSlotHitStreak) ||
           Reads(program, kSlotExpected) || Reads(program, kSlotPaceIndex) ||
           Reads(program, kSlotGap) || Reads(program, kSlotProjectedCompletion) ||
           Reads(program, kSlotRequiredRate);
  };
  return std::any_of(rule.tiers.begin(), rule.tiers.end(), [&](const Tier& tier) {
    return needs(tier.when) || (tier.clear && needs(*tier.clear));
  });
}

Eligibility CalendarEligibility(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                                const Period& period) {
  const Kpi& kpi = rulebook.kpis[rule.kpi];
  const bool person = info.kind == SubjectKind::kPerson;
  const BusinessCalendar& calendar = person
                                         ? rulebook.calendars[kpi.calendar]
                                         : rulebook.CalendarFor(kpi, false, info.id, period.begin);
  if (calendar.WorkingDays(period.begin, period.end) == 0) {
    return NoWork(period);
  }
  if (!rulebook.org.given) {
    if (period.end <= info.first_seen) {
      return Eligibility::kBeforeFirstSight;
    }
  } else if (person) {
    const Eligibility eligibility = PersonEligibility(rulebook, kpi, info, period);
    if (eligibility != Eligibility::kEligible) {
      return eligibility;
    }
  }
  if (kpi.type == KpiType::kVerdict &&
      FloorsFor(kpi, LevelOfPerson(rulebook, info, period)) == nullptr) {
    return Eligibility::kNoFloors;
  }
  return Eligibility::kEligible;
}

std::string_view LevelOfPerson(const Rulebook& rulebook, const SubjectInfo& info,
                               const Period& period) {
  if (info.kind != SubjectKind::kPerson || !rulebook.org.given) {
    return {};
  }
  const Person* person = EntryIn(rulebook.org, info.id, period);
  return person == nullptr ? std::string_view() : std::string_view(person->level);
}

int CapacityOf(const Rulebook& rulebook, const SubjectInfo& info, const Period& period) {
  if (info.kind != SubjectKind::kPerson || !rulebook.org.given) {
    return kFullCapacity;
  }
  const Person* person = EntryIn(rulebook.org, info.id, period);
  if (person == nullptr) {
    return 0;
  }
  return period.kind == PeriodKind::kDay ? person->CapacityOn(period.begin) : kFullCapacity;
}

std::optional<int> FloorsOf(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                            const Period& period) {
  if (rulebook.kpis[rule.kpi].type != KpiType::kVerdict) {
    return std::nullopt;
  }
  const int capacity = CapacityOf(rulebook, info, period);
  return capacity == 0 ? kFullCapacity : capacity;
}

bool RuleCovers(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                const Period& period) {
  if (!MayWatch(rulebook, rule, info)) {
    return false;
  }
  const Person* person = nullptr;
  if (rulebook.org.given && info.kind == SubjectKind::kPerson) {
    person = EntryIn(rulebook.org, info.id, period);
    if (person == nullptr) {
      return false;  // nor those whom the org does not know
    }
  }
  return HoldsFor(rulebook, rule, info, person);
}

bool RuleWatchesFrom(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info, Day day) {
  if (!MayWatch(rulebook, rule, info)) {
    return false;
  }
  if (!rulebook.org.given || info.kind != SubjectKind::kPerson) {
    return HoldsFor(rulebook, rule, info, nullptr);
  }
  const auto entries = rulebook.org.people_by_id.find(info.id);
  if (entries == rulebook.org.people_by_id.end()) {
    return false;
  }
  const Kpi& kpi = rulebook.kpis[rule.kpi];
  return std::any_of(entries->second.begin(), entries->second.end(), [&](PersonIndex index) {
    const Person& person = rulebook.org.people[index];
    return (!person.to || day < *person.to) && HoldsFor(rulebook, rule, info, &person) &&
           (kpi.type != KpiType::kVerdict || FloorsFor(kpi, person.level) != nullptr);
  });
}

bool AnswersForZero(const Rulebook& rulebook, const Rule& rule, const SubjectInfo& info,
                    const Period& period, Day day) {
  const Period so_far{period.kind, period.begin, day + 1};
  return period.end > day + 1 && RuleCovers(rulebook, rule, info, period) &&
         RuleCovers(rulebook, rule, info, so_far) && RuleWatchesFrom(rulebook, rule, info, day) &&
         CalendarEligibility(rulebook, rule, info, so_far) == Eligibility::kEligible;
}

}  // namespace kpiwatch
