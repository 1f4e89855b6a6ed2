#include "daemon/kpictl/scenario_time.h"

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

}  // namespace kpiwatch
