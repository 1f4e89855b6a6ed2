#include "daemon/calendar/business_calendar.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/time/civil_time.h"
#include "daemon/base/check.h"

namespace kpiwatch {
namespace {

constexpr int64_t kDayMs = 86'400'000;

CalendarOptions Checked(CalendarOptions options) {
  KPIWATCH_CHECK(0 <= options.week_start && options.week_start < 7, "weekdays count from 0 to 6");
  KPIWATCH_CHECK(1 <= options.year_start && options.year_start <= 12, "months count from 1 to 12");
  KPIWATCH_CHECK(absl::ZeroDuration() <= options.day_cutoff && options.day_cutoff < absl::Hours(24),
                 "day_cutoff out of range");
  KPIWATCH_CHECK(absl::ZeroDuration() < options.day_close && options.day_close <= absl::Hours(48),
                 "day_close out of range");
  KPIWATCH_CHECK(absl::ZeroDuration() <= options.grace, "grace is negative");
  return options;
}

// The company's days win over the nation's.
std::map<Day, bool> Layered(const CalendarOptions& options) {
  std::map<Day, bool> days = options.company.working;
  days.insert(options.holidays.working.begin(), options.holidays.working.end());
  return days;
}

std::optional<Day> Earlier(std::optional<Day> a, std::optional<Day> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

// What is common to the sites: the first one's clock, the latest close and grace, and as days off
// only those on which nobody works.
CalendarOptions Common(std::string name, const std::vector<BusinessCalendar>& sites) {
  KPIWATCH_CHECK(!sites.empty(), "a company has a site");
  CalendarOptions common = sites[0].options();
  common.name = std::move(name);
  common.holidays = {};
  common.company = {};
  std::set<Day> special;
  for (const BusinessCalendar& site : sites) {
    const CalendarOptions& options = site.options();
    common.day_close = std::max(common.day_close, options.day_close);
    common.grace = std::max(common.grace, options.grace);
    std::erase_if(common.weekend, [&](int weekday) {
      return std::find(options.weekend.begin(), options.weekend.end(), weekday) ==
             options.weekend.end();
    });
    for (const HolidaySet* layer : {&options.holidays, &options.company}) {
      for (const auto& [day, working] : layer->working) {
        special.insert(day);
      }
    }
  }
  for (const Day day : special) {
    common.holidays.working[day] =
        std::any_of(sites.begin(), sites.end(),
                    [day](const BusinessCalendar& site) { return site.IsWorkingDay(day); });
  }
  return common;
}

// The least or greatest of what the sites say.
template <typename Ask>
auto Least(const std::vector<BusinessCalendar>& sites, const Ask& ask) {
  auto least = ask(sites[0]);
  for (const BusinessCalendar& site : sites) {
    least = std::min(least, ask(site));
  }
  return least;
}
template <typename Ask>
auto Greatest(const std::vector<BusinessCalendar>& sites, const Ask& ask) {
  auto greatest = ask(sites[0]);
  for (const BusinessCalendar& site : sites) {
    greatest = std::max(greatest, ask(site));
  }
  return greatest;
}

}  // namespace

BusinessCalendar::BusinessCalendar(CalendarOptions options)
    : options_(Checked(std::move(options))),
      working_days_(options_.weekend, Layered(options_)),
      known_through_(Earlier(options_.holidays.known_through, options_.company.known_through)) {
  const int offset_s = options_.zone.At(absl::FromUnixSeconds(0)).offset;
  day_shift_ms_ = int64_t{offset_s} * 1000 - absl::ToInt64Milliseconds(options_.day_cutoff);
}

BusinessCalendar::BusinessCalendar(std::string name, std::vector<BusinessCalendar> sites)
    : BusinessCalendar(Common(std::move(name), sites)) {
  sites_ = std::move(sites);
  for (const BusinessCalendar& site : sites_) {
    KPIWATCH_CHECK(site.sites_.empty(), "a site has no sites");
    known_through_ = Earlier(known_through_, site.known_through_);
  }
}

absl::Time BusinessCalendar::LocalTime(Day day, absl::Duration since_midnight) const {
  const absl::CivilSecond local =
      absl::CivilSecond(day.ToCivil()) + absl::ToInt64Seconds(since_midnight);
  const absl::TimeZone::TimeInfo info = options_.zone.At(local);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

absl::Time BusinessCalendar::Begin(Day day) const {
  if (!sites_.empty()) {
    return Least(sites_, [day](const BusinessCalendar& site) { return site.Begin(day); });
  }
  return LocalTime(day, absl::ZeroDuration()) + options_.day_cutoff;
}

absl::Time BusinessCalendar::End(Day day) const {
  if (!sites_.empty()) {
    return Greatest(sites_, [day](const BusinessCalendar& site) { return site.End(day); });
  }
  return Begin(day + 1);
}

absl::Time BusinessCalendar::Close(Day day) const {
  if (!sites_.empty()) {
    return Greatest(sites_, [day](const BusinessCalendar& site) { return site.Close(day); });
  }
  return LocalTime(day, options_.day_close);
}

absl::Time BusinessCalendar::SealTime(Day day) const {
  if (!sites_.empty()) {
    return Greatest(sites_, [day](const BusinessCalendar& site) { return site.SealTime(day); });
  }
  return Close(day) + options_.grace;
}

Day BusinessCalendar::DayOf(absl::Time time) const {
  if (!sites_.empty()) {
    return Least(sites_, [time](const BusinessCalendar& site) { return site.DayOf(time); });
  }
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
