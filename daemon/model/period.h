// Stretches of business days over which values are taken and rules are evaluated.
#pragma once

#include <string>
#include <string_view>

#include "daemon/model/day.h"

namespace kpiwatch {

enum class PeriodKind : uint8_t {  // persisted: DO NOT CHANGE the numbers
  kDay = 0,
  kWeek = 1,
  kMonth = 2,
  kQuarter = 3,
  kYear = 4,
  kTarget = 5,  // the explicit days of a target
};

// "day", "week", "month", "quarter", "year", "target".
std::string_view PeriodKindName(PeriodKind kind);

// Business days [begin, end), `end` not included; end > begin.
struct Period {
  PeriodKind kind = PeriodKind::kDay;
  Day begin;
  Day end;

  bool Contains(Day day) const { return begin <= day && day < end; }
  // "2026-09-28", "2026-W40", "2026-09", "2026-Q3", "2026", "2013-08-30/2013-11-30" (explicit, and
  // weeks that do not start on Monday). A week is named by the ISO week its Thursday lies in.
  std::string ToString() const;

  friend auto operator<=>(const Period&, const Period&) = default;
};

}  // namespace kpiwatch
