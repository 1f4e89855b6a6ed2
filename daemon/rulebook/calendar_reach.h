// How far ahead the holidays of a rulebook's calendars are known, and how far they need to be.
#pragma once

#include "absl/time/time.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// The period of `target` ends after the last day whose holidays its calendar knows.
bool OutlastsCalendar(const Rulebook& book, const Target& target);

// Whether a calendar in use ends before a period that needs it (S-02): that of a target, or the
// business day of `now` in a KPI's calendar. Linear in the targets.
bool CalendarsAreProvisional(const Rulebook& book, absl::Time now);

}  // namespace kpiwatch
