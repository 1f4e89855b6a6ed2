#include "daemon/base/backoff.h"

#include <gtest/gtest.h>

#include <random>

namespace kpiwatch {
namespace {

UniformRandom Always(double value) {
  return [value] { return value; };
}

TEST(BackoffTest, DoublesItsCeilingUpToTheMaximum) {
  Backoff backoff(absl::Milliseconds(100), absl::Milliseconds(500), Always(0));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(400));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(500));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(500));
}

TEST(BackoffTest, JitterTakesAnyShareOfTheCeilingButNeverNothing) {
  Backoff half(absl::Milliseconds(100), absl::Seconds(1), Always(0.5));
  EXPECT_EQ(half.Next(), absl::Milliseconds(50));
  EXPECT_EQ(half.Next(), absl::Milliseconds(100));
  Backoff most(absl::Milliseconds(100), absl::Seconds(1), Always(1 - 1e-6));
  EXPECT_GT(most.Next(), absl::ZeroDuration());
}

TEST(BackoffTest, ResetBeginsAgainAtTheInitialWait) {
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(10), Always(0));
  for (int i = 0; i < 5; ++i) {
    backoff.Next();
  }
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, StaysWithinItsBoundsForEver) {
  Backoff backoff(absl::Milliseconds(1), absl::Hours(1), [engine = std::mt19937_64(7)]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  });
  for (int i = 0; i < 10'000; ++i) {
    const absl::Duration wait = backoff.Next();
    ASSERT_GT(wait, absl::ZeroDuration());
    ASSERT_LE(wait, absl::Hours(1));
  }
}

TEST(BackoffTest, SystemRandomIsUniformBetweenZeroAndOne) {
  const UniformRandom random = SystemRandom();
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.05);
}

}  // namespace
}  // namespace kpiwatch
