// Where values reached lines (ValueLine) in the present step, in applied order: the first moment of
// each line is kept as it comes, so that nothing has to be found out again when the step ends, and
// a value that falls back within the step has reached its line all the same (D-08).
// Concurrency: owned by the core.
// Limits: a step with `most` of them is full: whoever brings the events ends it before the next
// batch of records. The memory is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/model/aggregate.h"

namespace kpiwatch {

class ReachLog {
 public:
  // A reach is known by its number, 1-based in applied order; a cell's `note` is its last one.
  static constexpr uint32_t kNone = 0;

  struct Reach {
    uint32_t previous = kNone;    // of the same cell
    uint32_t event = 0;           // by number in the CauseLog
    uint16_t begin = 0, end = 0;  // the lines of the KPI; `end` was not reached
    Aggregate at;                 // what the cell held then
  };

  explicit ReachLog(size_t most) : most_(most) {}

  bool IsFull() const { return reaches_.size() >= most_; }
  // Its number.
  uint32_t Add(const Reach& reach) {
    reaches_.push_back(reach);
    return static_cast<uint32_t>(reaches_.size());
  }
  // Valid until the next Add.
  const Reach& Get(uint32_t number) const { return reaches_[number - 1]; }
  void Clear() { reaches_.clear(); }

 private:
  const size_t most_;
  std::vector<Reach> reaches_;
};

}  // namespace kpiwatch
