// The stored form of what one subject gathered on one day (FORMAT.md), written and read here only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "daemon/base/wire.h"
#include "daemon/model/aggregate.h"

namespace kpiwatch {

// A row is its number of cells and then each of them.
inline void BeginDayRow(size_t cells, std::string* out) { wire::AppendVarint(cells, out); }
inline void AppendDayCell(uint32_t kpi_id, const Aggregate& value, std::string* out) {
  wire::AppendVarint(kpi_id, out);
  wire::AppendSigned(value.count, out);
  wire::AppendSigned128(value.sum.units(), out);
}

// Calls `visit` with the stored number of the KPI and the content of each cell. False for bytes
// that the above cannot have written; some cells may have been visited then.
inline bool ReadDayRow(std::string_view bytes,
                       absl::FunctionRef<void(uint64_t kpi_id, const Aggregate& value)> visit) {
  wire::Reader reader(bytes);
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    const uint64_t kpi_id = reader.Varint();
    Aggregate value;
    value.count = reader.Signed();
    value.sum = Decimal::FromUnits(reader.Signed128());
    if (reader.ok()) {
      visit(kpi_id, value);
    }
  }
  return reader.AtEnd();
}

}  // namespace kpiwatch
