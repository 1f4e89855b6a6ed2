// The mergeable content of one bucket: what one KPI gathered for one subject on one business day.
#pragma once

#include <cstdint>

#include "daemon/model/decimal.h"

namespace kpiwatch {

// Sums merge by adding; so do buckets of days into weeks and of people into units.
struct Aggregate {
  int64_t count = 0;  // facts
  // Of the measured field; zero for count(), of hashes for distinct(field).
  Decimal sum;

  void Merge(const Aggregate& other) {
    count += other.count;
    sum += other.sum;
  }
  // What was merged since it was `before`.
  Aggregate Since(const Aggregate& before) const {
    return {.count = count - before.count, .sum = sum - before.sum};
  }
  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

}  // namespace kpiwatch
