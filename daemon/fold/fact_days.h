// The business day of a fact: by the KPI's calendar, or by that of the unit whose fact it is.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/calendar/business_calendar.h"
#include "daemon/model/day.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Not thread-safe: remembers the days of recent instants. Does not allocate after construction.
// `rulebook` is borrowed.
class FactDays {
 public:
  explicit FactDays(const Rulebook* rulebook);

  // `time_ms`: UTC milliseconds since 1970. `subject`: whom the fact belongs to, a unit's id where
  // the KPI is one of units, else a person's; whom the org does not know is on the first calendar.
  Day Find(const Kpi& kpi, std::string_view subject, int64_t time_ms) {
    if (kpi.calendar != rulebook_->unit_calendars) [[likely]] {
      return finders_[kpi.calendar].Find(time_ms);
    }
    return FindByUnit(kpi, subject, time_ms);
  }

 private:
  Day FindByUnit(const Kpi& kpi, std::string_view subject, int64_t time_ms);

  const Rulebook* rulebook_;
  std::vector<BusinessCalendar::DayFinder> finders_;  // by CalendarIndex
};

}  // namespace kpiwatch
