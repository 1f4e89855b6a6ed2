#include "daemon/engine/forward_clock.h"

#include <algorithm>

namespace kpiwatch {

ForwardClock::ForwardClock(const Clock* clock, EngineMetrics* metrics)
    : clock_(clock), metrics_(metrics), log_limiter_(clock, absl::Minutes(1)) {}

absl::Time ForwardClock::Now() {
  const absl::Time wall = clock_->Now();
  // While it is behind, only a further step counts.
  if (wall < (behind_ ? wall_ : latest_) - kTolerance) {
    behind_ = true;
    metrics_->clock_steps_back.Add();
    if (const auto held_back = log_limiter_.Pass("")) {
      Log(LogLevel::kWarn, "the system clock has stepped back: seals wait until it has caught up",
          {{"now", wall}, {"catches_up_at", latest_}, {"more", *held_back}});
    }
  }
  wall_ = wall;
  if (wall >= latest_ && behind_) {
    behind_ = false;
    Log(LogLevel::kInfo, "the system clock has caught up", {{"now", wall}});
  }
  latest_ = std::max(latest_, wall);
  metrics_->clock_behind_seconds.Set(absl::ToDoubleSeconds(latest_ - wall));
  return latest_;
}

}  // namespace kpiwatch
