#include "daemon/base/backoff.h"

#include <algorithm>
#include <random>
#include <utility>

#include "daemon/base/check.h"

namespace kpiwatch {

UniformRandom SystemRandom() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

Backoff::Backoff(absl::Duration initial, absl::Duration max, UniformRandom random)
    : initial_(initial), max_(max), ceiling_(initial), random_(std::move(random)) {
  KPIWATCH_CHECK(absl::ZeroDuration() < initial && initial <= max, "0 < initial <= max");
}

absl::Duration Backoff::Next() {
  const absl::Duration wait = ceiling_ * (1 - random_());
  ceiling_ = std::min(max_, 2 * ceiling_);
  return wait;
}

}  // namespace kpiwatch
