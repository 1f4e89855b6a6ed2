// A business calendar: which days work, when a day begins and closes, and how days form periods
// (semantics S-01…S-03). Immutable after construction; safe to share between threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/calendar/holidays.h"
#include "daemon/calendar/working_days.h"
#include "daemon/model/day.h"
#include "daemon/model/period.h"

namespace kpiwatch {

struct CalendarOptions {
  std::string name;
  absl::TimeZone zone;
  int week_start = 0;  // 0 Monday .. 6 Sunday
  // A day begins this long after midnight. Whole seconds in [0, 24 h).
  absl::Duration day_cutoff = absl::ZeroDuration();
  // Local time at which a day's work is over, from the day's midnight; 24 h by default. Whole
  // seconds in (0, 48 h].
  absl::Duration day_close = absl::Hours(24);
  absl::Duration grace = absl::Hours(2);  // not negative
  std::vector<int> weekend = {5, 6};      // weekdays off, 0 Monday; not all seven
  // Hours of a working day on the local clock, [from, to) since midnight, ascending; empty: none
  // given. A due time "in n working days" is the end of the last of them, or else of the day.
  std::vector<std::pair<absl::Duration, absl::Duration>> working_hours;
  HolidaySet holidays;
};

class BusinessCalendar {
 public:
  // REQUIRES: options within the ranges given there.
  explicit BusinessCalendar(CalendarOptions options);

  const std::string& name() const { return options_.name; }
  const CalendarOptions& options() const { return options_; }

  // Finds business days of many instants fast: the same day as the last one costs a comparison, one
  // of the last few hundred days a table look-up. Agrees with DayOf. NOT thread-safe with itself:
  // each thread uses its own. Borrows the calendar.
  class DayFinder {
   public:
    explicit DayFinder(const BusinessCalendar* calendar) : calendar_(calendar) {}
    // `time_ms`: UTC milliseconds since 1970.
    Day Find(int64_t time_ms) {
      if (last_.begin_ms <= time_ms && time_ms < last_.end_ms) {
        return last_.day;
      }
      return FindInCache(time_ms);
    }

   private:
    static constexpr uint64_t kSlots = 512;
    struct Slot {
      int64_t begin_ms = 0;
      int64_t end_ms = 0;  // not included; an empty slot holds no instant
      Day day;
    };
    Day FindInCache(int64_t time_ms);

    const BusinessCalendar* calendar_;
    Slot last_;
    Slot cache_[kSlots];  // by the number of the day
  };

  // The business day of an instant: local date of (time - day_cutoff). Where a clock set back
  // around midnight shows a date twice, the days still follow each other: a day begins at its first
  // midnight and then lasts. Instants outside the years 1 to 9999 belong to the first or last day.
  Day DayOf(absl::Time time) const;

  // First instant of the business day (its cut-off) and first instant after it. Days of 23 and 25
  // hours come out right; a date that a zone skipped is empty.
  absl::Time Begin(Day day) const;
  absl::Time End(Day day) const { return Begin(day + 1); }
  // When the day's work is over: day_close on the local clock of that date.
  absl::Time Close(Day day) const;
  // Close + grace: not before this can a day be sealed (S-04).
  absl::Time SealTime(Day day) const { return Close(day) + options_.grace; }

  bool IsWorkingDay(Day day) const { return working_days_.Works(day); }
  // Beyond known_through nobody knows yet which days are off, so that the weekday pattern (and what
  // files say ahead of time) decides (S-02). Never so for a calendar without holiday files.
  bool IsProvisional(Day day) const {
    return options_.holidays.known_through.has_value() && day > *options_.holidays.known_through;
  }
  // Working days in [begin, end); 0 when end <= begin.
  int WorkingDays(Day begin, Day end) const { return working_days_.Count(begin, end); }
  // The n-th working day after `day` (n > 0: `day` itself does not count; n == 0: `day`; n < 0:
  // before it).
  Day AddWorkingDays(Day day, int n) const { return working_days_.Add(day, n); }

  // The period of `kind` that holds `day`. REQUIRES: kind != kTarget.
  Period PeriodOf(PeriodKind kind, Day day) const;
  // Reads "2026-09-28", "2026-W40", "2026-09", "2026-Q3", "2026" or "2013-08-30/2013-11-30" (end
  // not included), which is what Period::ToString writes. "2026-W40" is this calendar's week around
  // that ISO week's Thursday; where weeks do not start on Monday, an explicit stretch of days that
  // is such a week is read as one.
  absl::StatusOr<Period> ParsePeriod(std::string_view text) const;

 private:
  // First instant at which the local clock shows `since_midnight` on `day`, or has passed it.
  absl::Time LocalTime(Day day, absl::Duration since_midnight) const;

  CalendarOptions options_;
  WorkingDayTable working_days_;
  // Zone offset at some instant less the cut-off: near enough to pick DayFinder's slots.
  int64_t day_shift_ms_ = 0;
};

}  // namespace kpiwatch
