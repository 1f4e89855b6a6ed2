// The parts of section `kpis` that belong to one type of KPI.
#pragma once

#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"

namespace kpiwatch {

// `event`, `where`, `measure`, `subject` …. REQUIRES: the calendar of `kpi` is read.
void ReadSimpleKpi(MapReader* map, LoadState* state, Kpi* kpi);

// `numerator`, `denominator` …; `expr`. REQUIRES: the names of all KPIs are declared and their
// types known.
void ReadRatioKpi(MapReader* map, LoadState* state, Kpi* kpi);
void ReadDerivedKpi(MapReader* map, LoadState* state, Kpi* kpi);
// Gives them what follows from their operands: calendar, subject, currency, the simple KPIs below.
// REQUIRES: all but the verdicts are read.
void SettleCompoundKpis(LoadState* state);

// `all_of` and `floors`. REQUIRES: the names of all KPIs are declared and simple KPIs read.
void ReadVerdictKpi(MapReader* map, LoadState* state, Kpi* kpi);

}  // namespace kpiwatch
