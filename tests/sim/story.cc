#include "tests/sim/story.h"

#include "fmt/format.h"

namespace kpiwatch::sim {

Story StoryOf(const std::vector<v1::OutboxEntry>& entries) {
  Story story;
  for (const v1::OutboxEntry& entry : entries) {
    if (entry.has_transition()) {
      story[{entry.transition().rule(), entry.transition().subject()}].push_back(
          entry.transition());
    }
  }
  return story;
}

std::string TextOf(const v1::Transition& t) {
  return fmt::format("{} {}>{} at {} ({})", t.period(),
                     LevelName(static_cast<Level>(t.from_level())),
                     LevelName(static_cast<Level>(t.to_level())),
                     absl::FormatTime("%m-%dT%H:%M:%E*SZ", absl::FromUnixMillis(t.at_unix_ms()),
                                      absl::UTCTimeZone()),
                     v1::Reason_Name(t.reason()).substr(7));
}

std::string TextOf(const Move& move) {
  return fmt::format("{} {}>{} at {}", move.period.ToString(), LevelName(move.from),
                     LevelName(move.to),
                     absl::FormatTime("%m-%dT%H:%M:%E*SZ", move.at, absl::UTCTimeZone()));
}

}  // namespace kpiwatch::sim
