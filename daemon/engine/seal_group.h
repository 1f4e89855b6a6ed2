// How far the days of some KPIs are sealed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daemon/model/day.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// KPIs whose days seal together: same calendar, same sources.
struct SealGroup {
  std::string name;  // stored under it
  CalendarIndex calendar = 0;
  std::vector<uint32_t> sources;    // must be complete
  std::vector<std::string> unread;  // must be complete, and nobody reads them
  bool provable = false;            // false: some are unread, or there is no source at all
  std::vector<RuleIndex> rules;     // on_close and intraday rules of its KPIs
  std::set<uint32_t> parts;         // other groups, with parts of its verdicts
  std::optional<Day> earliest;      // day of the earliest fact or heartbeat
  std::optional<Day> next;          // first day not yet sealed; nullopt: none was sealed
  bool sealing = false;             // `next` is being sealed
  absl::Time seal_at;               // its moment
  std::string cursor;               // last subject done; empty: none yet
  bool changed = false;
};

}  // namespace kpiwatch
