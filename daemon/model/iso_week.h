// Weeks as ISO 8601 counts them: from Monday, and a week belongs to the year its Thursday lies in.
#pragma once

#include <optional>

#include "daemon/model/day.h"

namespace kpiwatch {

struct IsoWeek {
  int year = 0;
  int week = 0;  // 1..53

  static IsoWeek Of(Day day);
  // The week's Thursday; nullopt when the year has no such week.
  std::optional<Day> Thursday() const;

  friend bool operator==(const IsoWeek&, const IsoWeek&) = default;
};

}  // namespace kpiwatch
