// How long to wait before trying again.
#pragma once

#include <functional>

#include "absl/time/time.h"

namespace kpiwatch {

// A source of numbers uniform in [0, 1).
using UniformRandom = std::function<double()>;
// One seeded by the operating system. Not thread-safe.
UniformRandom SystemRandom();

// Capped exponential backoff with full jitter: the n-th wait is uniform in
// (0, min(max, initial * 2^n)], so that clients which failed together do not return together.
// Not thread-safe.
class Backoff {
 public:
  // REQUIRES: 0 < initial <= max.
  Backoff(absl::Duration initial, absl::Duration max, UniformRandom random = SystemRandom());

  // The wait before the next attempt; longer from call to call.
  absl::Duration Next();
  // After a success: begins again at `initial`.
  void Reset() { ceiling_ = initial_; }

 private:
  absl::Duration initial_;
  absl::Duration max_;
  absl::Duration ceiling_;  // of the next wait
  UniformRandom random_;
};

}  // namespace kpiwatch
