#include "daemon/rulebook/calendar_reach.h"

#include <algorithm>

namespace kpiwatch {

bool OutlastsCalendar(const Rulebook& book, const Target& target) {
  return book.calendars[book.kpis[target.kpi].calendar].IsProvisional(target.period.end - 1);
}

bool CalendarsAreProvisional(const Rulebook& book, absl::Time now) {
  return std::any_of(book.targets.begin(), book.targets.end(),
                     [&](const Target& target) { return OutlastsCalendar(book, target); }) ||
         std::any_of(book.kpis.begin(), book.kpis.end(), [&](const Kpi& kpi) {
           const BusinessCalendar& calendar = book.calendars[kpi.calendar];
           return calendar.IsProvisional(calendar.DayOf(now));
         });
}

}  // namespace kpiwatch
