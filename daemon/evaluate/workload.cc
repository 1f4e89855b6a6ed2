#include "daemon/evaluate/workload.h"

#include <algorithm>

namespace kpiwatch {
namespace {

// Within his days of that entry. Most people work full days, which a table counts.
int64_t WorkOfEntry(const BusinessCalendar& calendar, const Person& person, Day begin, Day end) {
  const bool full = std::all_of(person.capacity.begin(), person.capacity.end(),
                                [](int capacity) { return capacity == kFullCapacity; });
  const bool leave = std::any_of(person.leave.begin(), person.leave.end(),
                                 [&](const Leave& l) { return l.from < end && begin < l.to; });
  if (full && !leave) {
    return int64_t{calendar.WorkingDays(begin, end)} * kFullCapacity;
  }
  int64_t work = 0;
  for (Day day = begin; day < end; ++day) {
    work += calendar.IsWorkingDay(day) ? person.CapacityOn(day) : 0;
  }
  return work;
}

}  // namespace

int64_t WorkOf(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& info, Day begin,
               Day end) {
  const Org& org = rulebook.org;
  const bool is_person = info.kind == SubjectKind::kPerson;
  const auto entries = org.people_by_id.find(info.id);
  if (!is_person || !org.given || entries == org.people_by_id.end()) {
    const BusinessCalendar& calendar = rulebook.CalendarFor(kpi, is_person, info.id, begin);
    return int64_t{calendar.WorkingDays(begin, end)} * kFullCapacity;
  }
  const bool by_unit = kpi.calendar == rulebook.unit_calendars;
  int64_t work = 0;
  for (const PersonIndex p : entries->second) {
    const Person& person = org.people[p];
    const Day from = std::max(begin, person.from.value_or(begin));
    const Day to = std::min(end, person.to.value_or(end));
    const BusinessCalendar& calendar =
        rulebook.calendars[by_unit ? org.units[person.unit].calendar : kpi.calendar];
    work += from < to ? WorkOfEntry(calendar, person, from, to) : 0;
  }
  return work;
}

Day BeginOfTheEnd(const Rulebook& rulebook, const Kpi& kpi, const SubjectInfo& info,
                  const Period& period) {
  const int64_t all = WorkOf(rulebook, kpi, info, period.begin, period.end);
  int64_t worked = 0;
  Day day = period.begin;
  for (; day < period.end && (all == 0 || 4 * worked < 3 * all); ++day) {
    worked += WorkOf(rulebook, kpi, info, day, day + 1);
  }
  return day;
}

}  // namespace kpiwatch
