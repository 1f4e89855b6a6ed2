// `labels` and `annotations` of a rule.
#pragma once

#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// Reports names that every alert uses itself, and two that are one to Prometheus.
void ReadLabels(MapReader* map, Rule* rule);
// Reports every mistake of every template.
void ReadAnnotations(MapReader* map, Rule* rule);

}  // namespace kpiwatch
