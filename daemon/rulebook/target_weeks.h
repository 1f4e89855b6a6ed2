// Targets of weeks that are split off a longer period's (S-03).
#pragma once

#include <string>
#include <vector>

#include "daemon/rulebook/load_state.h"

namespace kpiwatch {

// `split_of: {person: u102, period: 2026-10}`, `over: week`, `by: working_days`.
struct WeekSplit {
  KpiIndex kpi = 0;
  std::string subject;
  Period period;  // a month, quarter or year
  Place place;
};

// Adds to the targets those of the weeks that the splits cover with all their working days: to each
// the share of its working days in each period, rounded to the last digit of the period's target so
// that the shares make up the whole (largest remainder). A week that is covered in part gets none:
// its value counts all of its days. Reports a split without a target to split, and days that are
// split twice.
void SplitOverWeeks(const std::vector<WeekSplit>& splits, LoadState* state);

}  // namespace kpiwatch
