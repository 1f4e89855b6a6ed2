// Targets that are parts of another target: over the people and units below, or over the periods in
// it (S-10).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/rulebook/load_state.h"

namespace kpiwatch {

enum class SplitBy : uint8_t { kWorkingDays, kRatio, kExplicit };

// One entry with `split_of`.
struct TargetSplit {
  struct Part {
    std::string subject;
    Period period;
    Decimal share;  // kRatio: of the whole; kExplicit, and where it is locked: its target
    bool locked = false;
    Place place;
  };
  KpiIndex kpi = 0;
  std::string subject;  // of the whole
  Period period;
  std::optional<PeriodKind> over;  // nullopt: over people and units
  SplitBy by = SplitBy::kWorkingDays;
  std::vector<Part> parts;    // empty: those of the calendar
  std::string unallocated;    // who holds what the parts leave; empty: they leave nothing
  Decimal unallocated_share;  // kRatio: what the ratios leave
  Place place;
};

// An entry with `split_of`; nullopt: reported.
std::optional<TargetSplit> ReadSplit(const YamlNode& node, const YamlNode& split_of,
                                     LoadState* state);

// Adds to the targets the parts of each whole, whatever the order of the splits: a part may be
// split again. Each is a multiple of the last digit of the whole, by largest remainder, so that the
// parts make up the whole. Reports a split without a target to split, and parts that do not fit.
void ApplySplits(const std::vector<TargetSplit>& splits, LoadState* state);

// The last digit to which a target is given: that of its currency, or its own; in millionths.
__int128 LastDigitOf(const Kpi& kpi, Decimal value);

}  // namespace kpiwatch
