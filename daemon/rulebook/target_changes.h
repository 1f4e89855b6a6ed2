// Targets that are changed while their period lasts (S-09).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"

namespace kpiwatch {

// An entry with `valid_from`: what the target is from that day on.
struct TargetChange {
  Target target;  // whose, when, and the new values
  Day from;
  bool prorate = false;  // by working days; else the target of the whole period is another
  bool approved = false;
  std::string reason;
  Place place;
};

// Reads of a change what other targets do not have. `target`: whose, when and how much; null:
// reported. `from`: its valid_from; nullopt: there is none, or it is reported. False: nothing comes
// of it, and why is reported.
bool ReadChange(MapReader* map, const Target* target, std::optional<Day> from, TargetChange* change,
                LoadState* state);

// Gives the targets what their approved changes make of them, in the order of their days, those
// of one day in the order of the files. Reports changes of what is no target, those that lower one
// without need, and, as a warning, those that nobody has approved.
void ApplyChanges(std::vector<TargetChange> changes, LoadState* state);

}  // namespace kpiwatch
