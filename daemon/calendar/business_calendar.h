// A business calendar: which days work, when a day begins and closes, and how days form periods
// (semantics S-01…S-03). Immutable after construction; safe to share between threads.
#pragma once

#include <cstdint>
#include <optional>
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
  // Month in which years begin, 1..12; quarters are three months each from there. Other than 1:
  // fiscal years, named after the year in which they end or begin.
  int year_start = 1;
  bool year_named_after_start = false;
  // A day begins this long after midnight. Whole seconds in [0, 24 h).
  absl::Duration day_cutoff = absl::ZeroDuration();
  // Local time at which a day's work is over, from the day's midnight; 24 h by default. Whole
  // seconds in (0, 48 h].
  absl::Duration day_close = absl::Hours(24);
  absl::Duration grace = absl::Hours(2);  // not negative
  std::vector<int> weekend = {5, 6};      // weekdays off, 0 Monday; not all seven
  // Hours of a working day on the local clock, [from, to) since midnight, ascending; empty: none
  // given.
  std::vector<std::pair<absl::Duration, absl::Duration>> working_hours;
  // Layers over the weekend, each above the one before (S-02).
  HolidaySet holidays;  // national
  HolidaySet company;   // the company's own days off and days worked
};

class BusinessCalendar {
 public:
  // REQUIRES: options within the ranges given there.
  explicit BusinessCalendar(CalendarOptions options);
  // The calendar of a company at several sites, each with a calendar of its own: a business day is
  // a label that they share, though not its hours (S-01). Zone, weeks, years and the name of
  // periods are those of `sites[0]`. What asks about one moment or one day at one site asks that
  // site's calendar. REQUIRES: at least one site, none of them such a calendar itself.
  BusinessCalendar(std::string name, std::vector<BusinessCalendar> sites);

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
  // Of several sites: the earliest of their days.
  Day DayOf(absl::Time time) const;

  // First instant of the business day (its cut-off) and first instant after it. Days of 23 and 25
  // hours come out right; a date that a zone skipped is empty. Of several sites: from where it
  // begins first to where it ends last.
  absl::Time Begin(Day day) const;
  absl::Time End(Day day) const;
  // When the day's work is over: day_close on the local clock of that date; of several sites the
  // last.
  absl::Time Close(Day day) const;
  // Close + grace: not before this can a day be sealed (S-04); of several sites the last.
  absl::Time SealTime(Day day) const;

  // Whether somebody works: of several sites at any.
  bool IsWorkingDay(Day day) const { return working_days_.Works(day); }
  // The last day for which every layer has its notice; nullopt: no layer has files.
  std::optional<Day> KnownThrough() const { return known_through_; }
  // Beyond that nobody knows yet which days are off, so that the weekday pattern (and what files
  // say ahead of time) decides (S-02). Never so for a calendar without such files.
  bool IsProvisional(Day day) const { return known_through_ && day > *known_through_; }
  // Working days in [begin, end); 0 when end <= begin.
  int WorkingDays(Day begin, Day end) const { return working_days_.Count(begin, end); }
  // The n-th working day after `day` (n > 0: `day` itself does not count; n == 0: `day`; n < 0:
  // before it).
  Day AddWorkingDays(Day day, int n) const { return working_days_.Add(day, n); }

  // When what is due on `day` is due: the end of the day's last working hours, or where none are
  // given its close.
  absl::Time DueTime(Day day) const;
  // The moment by which `work` has passed on the clock of working hours since `from`. Hours count
  // on the days that work, as long as they really are: a change of the clocks within them makes
  // them longer or shorter. REQUIRES: working hours; `work` is not negative.
  absl::Time AddWorkingTime(absl::Time from, absl::Duration work) const;

  // The period of `kind` that holds `day`. REQUIRES: kind != kTarget.
  Period PeriodOf(PeriodKind kind, Day day) const;
  // What the period is called: as Period::ToString says, and "FY2026" or "FY2026-Q1" where years
  // do not begin in January.
  std::string NameOf(const Period& period) const;
  // Reads "2026-09-28", "2026-W40", "2026-09", "2026-Q3", "2026" or "2013-08-30/2013-11-30" (end
  // not included), which is what NameOf writes. "2026-W40" is this calendar's week around that ISO
  // week's Thursday; where weeks do not start on Monday, an explicit stretch of days that is such a
  // week is read as one. Where years do not begin in January, "FY2026" and "FY2026-Q3" stand for
  // "2026" and "2026-Q3", which are an error there.
  absl::StatusOr<Period> ParsePeriod(std::string_view text) const;

 private:
  // First instant at which the local clock shows `since_midnight` on `day`, or has passed it.
  absl::Time LocalTime(Day day, absl::Duration since_midnight) const;
  bool HasFiscalYears() const { return options_.year_start != 1; }
  // What the year that begins on this day is named after.
  int YearNumber(Day begin) const;
  // "FY2026" or "FY2026-Q3"; nullopt: neither, or years begin in January.
  std::optional<Period> ParseFiscal(std::string_view text) const;

  CalendarOptions options_;
  WorkingDayTable working_days_;
  std::optional<Day> known_through_;
  std::vector<BusinessCalendar> sites_;  // empty: this is the calendar of one site
  // Zone offset at some instant less the cut-off: near enough to pick DayFinder's slots.
  int64_t day_shift_ms_ = 0;
};

}  // namespace kpiwatch
