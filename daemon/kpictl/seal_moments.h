// The moments at which business days may seal: the steps of virtual time.
#pragma once

#include "absl/time/time.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// The first moment after `time` at which a day of one of the rulebook's calendars may seal
// (close + grace). REQUIRES: the rulebook has a calendar.
absl::Time NextSealMoment(const Rulebook& rulebook, absl::Time time);

// The end of the business day that holds `time`, the latest over all calendars.
absl::Time EndOfBusinessDay(const Rulebook& rulebook, absl::Time time);

// When the last day that ends by `until` may seal, the latest over all calendars.
absl::Time LastSealMoment(const Rulebook& rulebook, absl::Time until);

}  // namespace kpiwatch
