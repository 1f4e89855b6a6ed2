// Where "now" comes from. The core never reads a clock by itself.
#pragma once

#include <chrono>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/base/mutex.h"

namespace kpiwatch {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The present moment of the wall (or of the scenario, in tests and replays).
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// The wall's time when it was made and what has passed since: setting the system clock does not
// move it. For waits, not for what people read.
class SteadyClock final : public Clock {
 public:
  absl::Time Now() const override {
    return wall_ + absl::FromChrono(std::chrono::steady_clock::now() - steady_);
  }

 private:
  const absl::Time wall_ = absl::Now();
  const std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
};

// A clock that moves only when told to; scenario tests and replays use it. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}
  absl::Time Now() const override {
    MutexLock lock(&mu_);
    return now_;
  }
  void Set(absl::Time now) {
    MutexLock lock(&mu_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(&mu_);
    now_ += by;
  }

 private:
  mutable Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
