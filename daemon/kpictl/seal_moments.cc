#include "daemon/kpictl/seal_moments.h"

#include <algorithm>

namespace kpiwatch {

absl::Time NextSealMoment(const Rulebook& rulebook, absl::Time time) {
  absl::Time next = absl::InfiniteFuture();
  for (const BusinessCalendar& calendar : rulebook.calendars) {
    const CalendarOptions& options = calendar.options();
    Day day = calendar.DayOf(time - options.grace - options.day_close) - 1;
    while (calendar.SealTime(day) <= time) {
      ++day;
    }
    next = std::min(next, calendar.SealTime(day));
  }
  return next;
}

absl::Time EndOfBusinessDay(const Rulebook& rulebook, absl::Time time) {
  absl::Time end = absl::InfinitePast();
  for (const BusinessCalendar& calendar : rulebook.calendars) {
    end = std::max(end, calendar.End(calendar.DayOf(time)));
  }
  return end;
}

absl::Time LastSealMoment(const Rulebook& rulebook, absl::Time until) {
  absl::Time last = absl::InfinitePast();
  for (const BusinessCalendar& calendar : rulebook.calendars) {
    last = std::max(last, calendar.SealTime(calendar.DayOf(until) - 1));
  }
  return last;
}

}  // namespace kpiwatch
