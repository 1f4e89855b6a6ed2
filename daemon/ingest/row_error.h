// Mistakes in rows, and where they stand: in a record, and in the file that the record comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace kpiwatch {

// kInvalidArgument "line 2, column 5: what". Lines and columns (of bytes) count from 1 within the
// record; column 0: the whole row, and the message names its line only.
absl::Status RowError(size_t line, size_t column, std::string_view what);

// Of a record that begins on `first_line` of `file`, one position for a mistake that RowError
// tells: "orders.csv:18:5: what". Every other mistake stands where the record does: "orders.csv:17:
// …". REQUIRES: !status.ok().
std::string TellInFile(std::string_view file, int64_t first_line, const absl::Status& status);

}  // namespace kpiwatch
