// What the rule files may hold at most, for those who size their tables by it.
#pragma once

#include <cstddef>

namespace kpiwatch {

// KPIs. The ledger numbers them with 16 bits, of which it keeps two values for itself.
inline constexpr size_t kMaxKpis = 65'534;

}  // namespace kpiwatch
