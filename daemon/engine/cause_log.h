// What made the cells of intraday KPIs change in the present step, in applied order. There is a
// cause for nearly every event, and a transition for one in many: so they are small, and written
// one after the other. The two calls that add are inlined where an event is booked.
// Concurrency: owned by the core.
// Limits: a step that has `most_causes`, or 64 MiB of ids, is full: whoever brings the events ends
// it before the next batch of records, and the next step begins with nothing. The memory is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/aggregate.h"

namespace kpiwatch {

class CauseLog {
 public:
  // A cause is known by its number, 1-based in applied order; a cell's `note` is its last one.
  static constexpr uint32_t kNone = 0;

  struct Event {
    uint32_t id_begin = 0, id_size = 0;  // into the ids
    int64_t time_ms = 0;
    int64_t record_ms = 0;
  };

  explicit CauseLog(size_t most_causes = SIZE_MAX) : most_causes_(most_causes) {}

  bool IsFull() const { return causes_.size() >= most_causes_ || ids_.size() >= kMostIdBytes; }

  // The causes that follow are of this event.
  [[gnu::always_inline]] void AddEvent(std::string_view id, int64_t time_ms, int64_t record_ms) {
    events_.push_back(
        {static_cast<uint32_t>(ids_.size()), static_cast<uint32_t>(id.size()), time_ms, record_ms});
    ids_.append(id);
  }
  // Of the event that was added last. REQUIRES: AddEvent was called since the last Clear.
  uint32_t last_event() const { return static_cast<uint32_t>(events_.size() - 1); }
  // The event has added `delta` to a cell whose last cause was `previous`. The new last one.
  // REQUIRES: AddEvent was called since the last Clear.
  [[gnu::always_inline]] uint32_t Add(uint32_t previous, const Aggregate& delta) {
    uint32_t place = kCountsOne;
    if (delta != deltas_[kCountsOne]) {
      place = static_cast<uint32_t>(deltas_.size());
      deltas_.push_back(delta);
    }
    causes_.push_back({previous, static_cast<uint32_t>(events_.size() - 1), place});
    return static_cast<uint32_t>(causes_.size());
  }

  // The cause before it of the same cell.
  uint32_t Previous(uint32_t cause) const { return causes_[cause - 1].previous; }
  // Valid until the next AddEvent, as are ids.
  const Event& EventOf(uint32_t cause) const { return events_[causes_[cause - 1].event]; }
  const Event& EventAt(uint32_t event) const { return events_[event]; }
  std::string_view IdOf(const Event& event) const {
    return std::string_view(ids_).substr(event.id_begin, event.id_size);
  }
  // Valid until the next Add.
  const Aggregate& DeltaOf(uint32_t cause) const { return deltas_[causes_[cause - 1].delta]; }

  // Begins the next step.
  void Clear() {
    causes_.clear();
    events_.clear();
    deltas_.resize(kCountsOne + 1);
    ids_.clear();
  }

 private:
  struct Cause {
    uint32_t previous = kNone;
    uint32_t event = 0;  // into events_
    uint32_t delta = 0;  // into deltas_
  };
  static constexpr uint32_t kCountsOne = 0;  // the first of deltas_
  static constexpr size_t kMostIdBytes = size_t{64} << 20;

  const size_t most_causes_;
  std::vector<Cause> causes_;
  std::vector<Event> events_;
  std::vector<Aggregate> deltas_ = {Aggregate{.count = 1, .sum = {}}};
  std::string ids_;
};

}  // namespace kpiwatch
