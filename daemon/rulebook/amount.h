// Numbers of rule files that are measured in a KPI's own unit.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/model/decimal.h"
#include "daemon/rulebook/map_reader.h"
#include "daemon/rulebook/rulebook.h"

namespace kpiwatch {

// "100", "8%" or "849000 USD": in the currency of `kpi`, or a plain number where it has none; not
// negative. nullopt: not there, or reported.
std::optional<Decimal> ReadAmount(MapReader* map, std::string_view key, const Kpi& kpi);

// "15%" or "0.15", from 0 to 1. nullopt: not there, or reported.
std::optional<Decimal> ReadShare(MapReader* map, std::string_view key);

}  // namespace kpiwatch
