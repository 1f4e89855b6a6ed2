// What a KPI or rule means, apart from how it is written.
#pragma once

#include <string>

#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// A text that is equal for KPIs of equal values, whatever their names.
std::string KpiMeaning(const Kpi& kpi, const Rulebook& book);

// Fills the fingerprints of all KPIs and rules: stable across processes, machines and versions, and
// untouched by spelling, order in the files, titles and routes. REQUIRES: the rulebook is whole.
void FillFingerprints(Rulebook* book);

}  // namespace kpiwatch
