// Which days work, and how many of them lie between two days, both in constant time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "daemon/model/day.h"

namespace kpiwatch {

// A weekday pattern with exceptions. Immutable; safe to share between threads. Takes five bytes a
// day from the first exception to the last.
class WorkingDayTable {
 public:
  // `weekend`: weekdays off, 0 Monday .. 6 Sunday. `exceptions`: day → works.
  // REQUIRES: the weekend leaves a weekday.
  WorkingDayTable(std::span<const int> weekend, const std::map<Day, bool>& exceptions);

  bool Works(Day day) const {
    const int64_t i = int64_t{day.number} - first_.number;
    if (0 <= i && i < static_cast<int64_t>(works_.size())) {
      return works_[i] != 0;
    }
    return pattern_[day.weekday()];
  }

  // Working days in [begin, end); 0 when end <= begin.
  int Count(Day begin, Day end) const;
  // The n-th working day after `day`, or before it for n < 0; `day` for n == 0. Never beyond
  // [Day::Min(), Day::Max()].
  Day Add(Day day, int n) const;

 private:
  // Working days in [first_, day), negative before first_.
  int CountFromFirst(Day day) const;
  // The same of the pattern alone, from a Monday.
  int CountOfPattern(Day day) const;

  bool pattern_[7] = {};        // by weekday: works
  int before_weekday_[8] = {};  // working weekdays of a week before that weekday
  Day first_;
  std::vector<uint8_t> works_;   // of first_ + i
  std::vector<int32_t> before_;  // working days in [first_, first_ + i); works_.size() + 1 entries
};

}  // namespace kpiwatch
