#include "daemon/fold/fact_days.h"

namespace kpiwatch {

FactDays::FactDays(const Rulebook* rulebook) : rulebook_(rulebook) {
  finders_.reserve(rulebook->calendars.size());
  for (const BusinessCalendar& calendar : rulebook->calendars) {
    finders_.emplace_back(&calendar);
  }
}

Day FactDays::FindByUnit(const Kpi& kpi, std::string_view subject, int64_t time_ms) {
  const Org& org = rulebook_->org;
  if (kpi.by_unit) {
    const std::optional<UnitIndex> unit = org.FindUnit(subject);
    return finders_[unit ? org.units[*unit].calendar : 0].Find(time_ms);
  }
  if (const auto it = org.people_by_id.find(subject); it != org.people_by_id.end()) {
    // Of a person who moved, the entry that holds the day as his unit then called it.
    for (const PersonIndex index : it->second) {
      const Person& person = org.people[index];
      const Day day = finders_[org.units[person.unit].calendar].Find(time_ms);
      if (person.Holds(day)) {
        return day;
      }
    }
  }
  return finders_[0].Find(time_ms);
}

}  // namespace kpiwatch
