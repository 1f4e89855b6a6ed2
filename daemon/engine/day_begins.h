// First instants of business days in Unix milliseconds, remembered: transitions of a step ask for
// the same few again and again.
//
// Limits: kMost days; then it forgets all.
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

class DayBegins {
 public:
  static constexpr size_t kMost = 4096;

  int64_t Ms(const Rulebook& rulebook, CalendarIndex calendar, Day day) {
    if (known_.size() > kMost) {
      known_.clear();
    }
    const auto [it, is_new] = known_.try_emplace(std::pair(calendar, day.number), 0);
    if (is_new) {
      it->second = absl::ToUnixMillis(rulebook.calendars[calendar].Begin(day));
    }
    return it->second;
  }
  void Clear() { known_.clear(); }

 private:
  absl::flat_hash_map<std::pair<CalendarIndex, int32_t>, int64_t> known_;
};

}  // namespace kpiwatch
