#include "daemon/base/counters.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "daemon/base/check.h"

namespace kpiwatch {

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(upper_bounds_.size() + 1)) {
  KPIWATCH_CHECK(std::adjacent_find(upper_bounds_.begin(), upper_bounds_.end(),
                                    std::greater_equal<>()) == upper_bounds_.end(),
                 "histogram bounds must ascend");
}

void Histogram::Observe(double value) {
  if (std::isnan(value)) {
    return;
  }
  const auto bucket = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value);
  sum_.fetch_add(value, std::memory_order_relaxed);
  counts_[bucket - upper_bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
}

Histogram::Snapshot Histogram::Take() const {
  Snapshot snapshot{.upper_bounds = upper_bounds_, .cumulative = {}, .sum = 0};
  snapshot.cumulative.reserve(upper_bounds_.size() + 1);
  uint64_t total = 0;
  for (size_t i = 0; i <= upper_bounds_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    snapshot.cumulative.push_back(total);
  }
  snapshot.sum = sum_.load(std::memory_order_relaxed);
  return snapshot;
}

std::vector<double> LatencyBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

CounterFamily::CounterFamily(std::initializer_list<std::string_view> label_names,
                             size_t max_children)
    : label_names_(label_names.begin(), label_names.end()), max_children_(max_children) {}

Counter& CounterFamily::With(std::initializer_list<std::string_view> values) {
  KPIWATCH_CHECK(values.size() == label_names_.size(), "one value per label name");
  Values key(values.begin(), values.end());
  MutexLock lock(&mu_);
  auto it = children_.find(key);
  if (it == children_.end()) {
    if (children_.size() >= max_children_) {
      key.assign(label_names_.size(), std::string(kOverflow));
    }
    it = children_.try_emplace(std::move(key), nullptr).first;
    if (it->second == nullptr) {
      it->second = std::make_unique<Counter>();
    }
  }
  return *it->second;
}

void CounterFamily::Show(std::initializer_list<std::string_view> values) {
  {
    MutexLock lock(&mu_);
    if (2 * (children_.size() + 1) > max_children_) {
      return;
    }
  }
  With(values);
}

std::vector<std::pair<CounterFamily::Values, uint64_t>> CounterFamily::Take() const {
  MutexLock lock(&mu_);
  std::vector<std::pair<Values, uint64_t>> all;
  all.reserve(children_.size());
  for (const auto& [values, counter] : children_) {
    all.emplace_back(values, counter->value());
  }
  return all;
}

}  // namespace kpiwatch
