// Working hours: when something is due that has so many of them, or so many working days.
#include <algorithm>

#include "absl/time/civil_time.h"
#include "daemon/base/check.h"
#include "daemon/calendar/business_calendar.h"

namespace kpiwatch {

absl::Time BusinessCalendar::DueTime(Day day) const {
  return options_.working_hours.empty() ? Close(day)
                                        : LocalTime(day, options_.working_hours.back().second);
}

absl::Time BusinessCalendar::AddWorkingTime(absl::Time from, absl::Duration work) const {
  KPIWATCH_CHECK(!options_.working_hours.empty(), "the calendar has no working hours");
  KPIWATCH_CHECK(work >= absl::ZeroDuration(), "work is negative");
  // Hours are those of a date on the wall, whatever the business day's cut-off.
  const Day today = Day::FromCivil(absl::CivilDay(options_.zone.At(from).cs));
  for (Day day = IsWorkingDay(today) ? today : AddWorkingDays(today, 1); day < Day::Max();
       day = AddWorkingDays(day, 1)) {
    for (const auto& [begin, end] : options_.working_hours) {
      const absl::Time first = std::max(LocalTime(day, begin), from);
      const absl::Time last = LocalTime(day, end);
      if (first < last && work <= last - first) {
        return first + work;
      }
      work -= std::max(last - first, absl::ZeroDuration());
    }
  }
  return Close(Day::Max());
}

}  // namespace kpiwatch
