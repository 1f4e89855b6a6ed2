// Days on which the weekday pattern does not hold: holidays, and the weekend days worked for them.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/model/day.h"

namespace kpiwatch {

// Days off and make-up working days of one set of holiday files, merged.
struct HolidaySet {
  std::map<Day, bool> working;       // day → works (make-up) or is off
  std::optional<Day> known_through;  // last day for which a notice exists; nullopt: none yet
};

// Reads a restatement of the State Council's notices as JSON:
//   {"year": 2026, "days": [{"name": "元旦", "date": "2026-01-01", "isOffDay": true}]}
// `known_through` is the end of `year` where `days` is not empty; keys that are not shown here are
// ignored. `path` only names the file in errors.
absl::StatusOr<HolidaySet> ParseHolidayJson(std::string_view path, std::string_view content);

// Notes one day in `set`; a day that is there with the other meaning is an error, which names it.
absl::Status AddHoliday(Day day, bool working, HolidaySet* set);

// Unites `more` into `into`, with the later of the two `known_through`. A day that both name
// differently is an error that says the day and leaves `into` as it was.
absl::Status MergeHolidays(const HolidaySet& more, HolidaySet* into);

}  // namespace kpiwatch
