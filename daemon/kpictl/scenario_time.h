// Times of test files and command lines.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace kpiwatch {

// "2026-09-28T09:00:00+08:00", "2026-09-28T01:00Z", or without seconds, offset or time of day:
// "2026-09-28T09:00", "2026-09-28". Without an offset it is local time of `zone`. nullopt: anything
// else.
std::optional<absl::Time> ParseMoment(std::string_view text, absl::TimeZone zone);

}  // namespace kpiwatch
