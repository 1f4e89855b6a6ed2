#include "daemon/calendar/business_calendar.h"

#include <utility>

#include "absl/time/civil_time.h"
#include "daemon/base/check.h"

namespace kpiwatch {
namespace {

constexpr int64_t kDayMs = 86'400'000;

CalendarOptions Checked(CalendarOptions options) {
  KPIWATCH_CHECK(0 <= options.week_start && options.week_start < 7, "weekdays count from 0 to 6");
  KPIWATCH_CHECK(absl::ZeroDuration() <= options.day_cutoff && options.day_cutoff < absl::Hours(24),
                 "day_cutoff out of range");
  KPIWATCH_CHECK(absl::ZeroDuration() < options.day_close && options.day_close <= absl::Hours(48),
                 "day_close out of range");
  KPIWATCH_CHECK(absl::ZeroDuration() <= options.grace, "grace is negative");
  return options;
}

}  // namespace

BusinessCalendar::BusinessCalendar(CalendarOptions options)
    : options_(Checked(std::move(options))),
      working_days_(options_.weekend, options_.holidays.working) {
  const int offset_s = options_.zone.At(absl::FromUnixSeconds(0)).offset;
  day_shift_ms_ = int64_t{offset_s} * 1000 - absl::ToInt64Milliseconds(options_.day_cutoff);
}

absl::Time BusinessCalendar::LocalTime(Day day, absl::Duration since_midnight) const {
  const absl::CivilSecond local =
      absl::CivilSecond(day.ToCivil()) + absl::ToInt64Seconds(since_midnight);
  const absl::TimeZone::TimeInfo info = options_.zone.At(local);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

absl::Time BusinessCalendar::Begin(Day day) const {
  return LocalTime(day, absl::ZeroDuration()) + options_.day_cutoff;
}

absl::Time BusinessCalendar::Close(Day day) const { return LocalTime(day, options_.day_close); }

Day BusinessCalendar::DayOf(absl::Time time) const {
  const absl::CivilSecond local = options_.zone.At(time - options_.day_cutoff).cs;
  const Day day = Day::FromCivil(absl::CivilDay(local));
  // The date shown again by a clock that was set back past midnight: the next day has begun.
  return day < Day::Max() && End(day) <= time ? day + 1 : day;
}

Day BusinessCalendar::DayFinder::FindInCache(int64_t time_ms) {
  // Unsigned, so that garbage times wrap instead of overflowing; any slot is right.
  const uint64_t shifted = static_cast<uint64_t>(time_ms) + calendar_->day_shift_ms_;
  Slot& slot = cache_[shifted / kDayMs % kSlots];
  if (time_ms < slot.begin_ms || slot.end_ms <= time_ms) {
    const Day day = calendar_->DayOf(absl::FromUnixMillis(time_ms));
    slot = {absl::ToUnixMillis(calendar_->Begin(day)), absl::ToUnixMillis(calendar_->End(day)),
            day};
  }
  last_ = slot;
  return slot.day;
}

}  // namespace kpiwatch
