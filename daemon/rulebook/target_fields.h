// What every entry of `targets` says of whom and when.
#pragma once

#include <optional>
#include <string>

#include "daemon/rulebook/load_state.h"
#include "daemon/rulebook/map_reader.h"

namespace kpiwatch {

// `person: u102` or `unit: east` as "person:u102", "unit:east"; empty: reported.
std::string ReadTargetSubject(MapReader* map, const Kpi& kpi, LoadState* state);
// `period: 2026-06`, or `from:` and `to:`; nullopt: reported.
std::optional<Period> ReadTargetPeriod(MapReader* map, const BusinessCalendar& calendar);
// The name of a period; nullopt: reported.
std::optional<Period> ReadPeriodName(const YamlNode& node, const BusinessCalendar& calendar,
                                     Diagnostics* out);

// The calendar by which the subject's target is divided.
const BusinessCalendar& CalendarOfTarget(const Rulebook& book, KpiIndex kpi,
                                         const std::string& subject, const Period& period);

}  // namespace kpiwatch
