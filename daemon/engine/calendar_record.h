// What the store remembers of the calendars that its days were cut by: zone and cut-off of a
// calendar with data do not change (D-29).
#pragma once

#include "absl/status/status.h"
#include "daemon/rulebook/rulebook.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Puts what is new into *names. Errors: kInvalidArgument for another zone or cut-off of a calendar
// with data, and nothing is put; the store's.
absl::Status CheckCalendars(const StateStore& store, const Rulebook& rulebook, WriteBatch* names);

}  // namespace kpiwatch
