// Whom a rule watches, from when until when, and when he works.
#include <algorithm>

#include "tests/sim/oracle.h"

namespace kpiwatch::sim {

int PercentOf(const Employment& entry, Day day) {
  const auto weekday = entry.part_time.find(day.weekday());
  int percent = weekday == entry.part_time.end() ? 100 : weekday->second;
  for (const Employment::Leave& leave : entry.leave) {
    if (leave.from <= day && day < leave.to) {
      percent = std::min(percent, leave.percent);
    }
  }
  return percent;
}

// Whether the rule watches the subject at all.
bool Oracle::Covers(const Rule& rule, const std::string& subject, const Period& period) const {
  const std::string id = IdOf(subject);
  if (rule.for_units == IsPerson(subject) || subject == "person:unassigned") {
    return false;
  }
  const Employment* entry = nullptr;
  if (world_.has_org) {
    entry = IsPerson(subject) ? LastEntryIn(id, period) : nullptr;
    const bool known_unit = std::any_of(world_.units.begin(), world_.units.end(),
                                        [&](const Unit& unit) { return unit.id == id; });
    if (IsPerson(subject) ? entry == nullptr : !known_unit) {
      return false;
    }
  }
  switch (rule.where) {
    case Rule::Where::kAll:
      return true;
    case Rule::Where::kLevel:
      return entry->level == rule.where_text;
    case Rule::Where::kUnit:
      return world_.units[static_cast<size_t>(entry->unit)].id == rule.where_text;
    case Rule::Where::kNotId:
      return id != rule.where_text;
  }
  return false;
}

// Whether the rule watches the subject on that day, or will later, as far as the org says.
bool Oracle::WatchesFrom(const Rule& rule, const std::string& subject, Day day) const {
  if (!world_.has_org || !IsPerson(subject)) {
    return Covers(rule, subject, {PeriodKind::kDay, day, day + 1});
  }
  const Kpi& kpi = world_.kpis[static_cast<size_t>(rule.kpi)];
  return std::any_of(world_.people.begin(), world_.people.end(), [&](const Employment& entry) {
    // An entry alone, from then on: its last day is covered or nothing is.
    const bool later = entry.person == IdOf(subject) && (!entry.to || day < *entry.to);
    const bool role = kpi.kind != Kpi::Kind::kVerdict || kpi.floors.contains(entry.level) ||
                      kpi.floors.contains("");
    if (!later || !role) {
      return false;
    }
    const Day of_entry = std::max(day, entry.from.value_or(day));
    return Covers(rule, subject, {PeriodKind::kDay, of_entry, of_entry + 1});
  });
}

// Where the rule stops to watch the subject, on a sealed day after `from` and before `until`: from
// then on it has no ladder. A day without work on which no period ends is not looked at.
std::optional<Day> Oracle::LeavesOn(const Rule& rule, const std::string& subject, Day from,
                                    Day until) const {
  const bool episodes = rule.period == PeriodKind::kTarget;
  const std::vector<Period> targets = episodes ? PeriodsOf(rule, subject) : std::vector<Period>();
  for (Day day = from; day < until; ++day) {
    const bool ends = episodes || rule.period == PeriodKind::kDay
                          ? calendar_.IsWorkingDay(day) ||
                                std::any_of(targets.begin(), targets.end(),
                                            [&](const Period& p) { return p.end == day + 1; })
                          : calendar_.PeriodOf(rule.period, day).end == day + 1;
    if (ends && GroupOf(rule.kpi).sealed_at.contains(day) && !WatchesFrom(rule, subject, day)) {
      return day;
    }
  }
  return std::nullopt;
}

// Whether there is a working day of the subject's in it.
bool Oracle::Works(const std::string& subject, const Period& period) const {
  bool works = false;
  for (Day day = period.begin; day < period.end; ++day) {
    if (!calendar_.IsWorkingDay(day)) {
      continue;
    }
    if (!world_.has_org || !IsPerson(subject)) {
      works = true;
    } else if (const Employment* entry = EntryOn(IdOf(subject), day)) {
      works = works || PercentOf(*entry, day) > 0;
    }
  }
  if (!world_.has_org) {
    const auto seen = seen_.find(subject);
    works = works && seen != seen_.end() && seen->second.first < period.end;
  }
  return works;
}

}  // namespace kpiwatch::sim
