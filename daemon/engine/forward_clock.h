// The wall's time as the engine sees it: it never goes back.
#pragma once

#include "absl/time/time.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/engine/engine_metrics.h"

namespace kpiwatch {

// While the system clock is behind the latest time that was shown, Now() stands still: no day opens
// again, nothing that was sealed is judged twice. Each step back is counted and said in the log (at
// most once a minute), and so is the moment at which the clock has caught up.
// Concurrency: one thread.
class ForwardClock {
 public:
  // A clock that is kept in step is set back by less than this: neither counted nor said.
  static constexpr absl::Duration kTolerance = absl::Seconds(1);

  // Both are borrowed.
  ForwardClock(const Clock* clock, EngineMetrics* metrics);
  // Begins at `last`, to which an earlier run had come; InfinitePast: there was none.
  void Restore(absl::Time last) { latest_ = last; }
  absl::Time Now();

 private:
  const Clock* const clock_;
  EngineMetrics* const metrics_;
  LogLimiter log_limiter_;
  absl::Time latest_ = absl::InfinitePast();
  absl::Time wall_ = absl::InfinitePast();  // as it was last seen
  bool behind_ = false;                     // by more than kTolerance, and that was counted
};

}  // namespace kpiwatch
