// Times of test files and command lines.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kpiwatch {

// "2026-09-28T09:00:00+08:00", "2026-09-28T01:00Z", or without seconds, offset or time of day:
// "2026-09-28T09:00", "2026-09-28". Without an offset it is local time of `zone`. nullopt: anything
// else.
std::optional<absl::Time> ParseMoment(std::string_view text, absl::TimeZone zone);

// The moment that an option names: as above, but with an offset, as nothing says whose local time
// it would be. Errors: kInvalidArgument, with the option's name and the form that is right.
absl::StatusOr<absl::Time> ReadMoment(std::string_view option, std::string_view text);

}  // namespace kpiwatch
