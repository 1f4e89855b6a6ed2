// The numbers that the daemon keeps about itself. Whoever does the work counts here, lock-free;
// metrics/ reads them when it is asked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"

namespace kpiwatch {

// Counts up from zero for the life of the process. Thread-safe.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// A number that goes up and down. Thread-safe.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

// Counts observations in fixed buckets. Thread-safe; a reader that comes between two observations'
// parts sees a count that is at most those few behind its sum.
class Histogram {
 public:
  struct Snapshot {
    std::vector<double> upper_bounds;  // ascending; the last bucket, +Inf, has none
    std::vector<uint64_t> cumulative;  // observations <= the bound; one more than upper_bounds
    double sum = 0;
    uint64_t count() const { return cumulative.empty() ? 0 : cumulative.back(); }
  };

  // REQUIRES: upper_bounds ascend strictly.
  explicit Histogram(std::vector<double> upper_bounds);
  // NaN is not counted.
  void Observe(double value);
  Snapshot Take() const;

 private:
  const std::vector<double> upper_bounds_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;  // one more than upper_bounds_
  std::atomic<double> sum_ = 0;
};

// Seconds from 1 ms to 30 s, for things that should be quick.
std::vector<double> LatencyBuckets();

// Counters of one name, told apart by label values. Bounded: after `max_children` different ones,
// new combinations count together under kOverflow, so that input cannot grow the set. Thread-safe.
class CounterFamily {
 public:
  static constexpr std::string_view kOverflow = "other";
  using Values = std::vector<std::string>;

  // `label_names` in the order in which With takes values.
  CounterFamily(std::initializer_list<std::string_view> label_names, size_t max_children);
  // The counter of these label values, made when new; the reference lives as long as the family,
  // so that a hot path asks once. REQUIRES: as many values as names.
  Counter& With(std::initializer_list<std::string_view> values);
  // Shows the counter of these values at zero before it counts: a rise from no sample at all is
  // none to an alert. At most half of `max_children`; further ones appear when they count.
  // REQUIRES: as many values as names.
  void Show(std::initializer_list<std::string_view> values);

  const std::vector<std::string>& label_names() const { return label_names_; }
  // Label values and count, by label values.
  std::vector<std::pair<Values, uint64_t>> Take() const;

 private:
  const std::vector<std::string> label_names_;
  const size_t max_children_;
  mutable Mutex mu_;
  std::map<Values, std::unique_ptr<Counter>> children_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kpiwatch
