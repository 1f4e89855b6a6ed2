#include "daemon/kpictl/scenario_time.h"

#include <fmt/format.h>

#include <string>

namespace kpiwatch {

std::optional<absl::Time> ParseMoment(std::string_view text, absl::TimeZone zone) {
  // ParseTime would skip spaces around, and reads words such as "infinite-future".
  if (text.empty() || text.front() < '0' || text.front() > '9' || text.back() == ' ') {
    return std::nullopt;
  }
  const std::string copy(text);
  absl::Time time;
  std::string error;
  for (const char* format : {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%dT%H:%M%Ez", "%Y-%m-%dT%H:%M:%E*S",
                             "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, copy, zone, &time, &error)) {
      return time;
    }
  }
  return std::nullopt;
}

absl::StatusOr<absl::Time> ReadMoment(std::string_view option, std::string_view text) {
  const std::optional<absl::Time> utc = ParseMoment(text, absl::UTCTimeZone());
  if (!utc) {
    return absl::InvalidArgumentError(
        fmt::format("{}: '{}' is no time such as 2026-10-09T00:00:00+08:00", option, text));
  }
  if (ParseMoment(text, absl::FixedTimeZone(1)) != utc) {
    return absl::InvalidArgumentError(
        fmt::format("{}: '{}' says no offset from UTC, so it may mean several moments; write it "
                    "as 2026-10-09T00:00:00+08:00 or 2026-10-08T16:00:00Z",
                    option, text));
  }
  return *utc;
}

}  // namespace kpiwatch
