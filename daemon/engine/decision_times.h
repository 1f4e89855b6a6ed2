// When the entries of the outbox were decided, near enough to say how long the oldest one waits.
//
// Operation: a mark for the first entry of a step says when those from it on were decided. Marks
// keep a distance of a second, or of a thousandth of what the oldest of them is old, so that an
// outage of a month makes some thousands; an entry between two of them counts from the first. What
// has waited for a second is also noted in the store, for the next start.
// Concurrency: owned by the engine thread.
#pragma once

#include <cstdint>
#include <deque>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

class DecisionTimes {
 public:
  static constexpr absl::Duration kLeastGap = absl::Seconds(1);

  // The marks of `store`. To be called once, first. `last`: the number of the last entry ever
  // written. `now` counts for entries that the store says nothing of. Errors: the store's.
  absl::Status Restore(const StateStore& store, uint64_t last, absl::Time now);
  // The entries numbered `first` to `last`, all above those before, were decided at `now`.
  void Note(uint64_t first, uint64_t last, absl::Time now);
  // Forgets what no entry from `first_waiting` on needs, and puts what is new for the store.
  void AddChanges(uint64_t first_waiting, absl::Time now, WriteBatch* batch);
  // When the entry was decided, or somewhat before. REQUIRES: it waits.
  absl::Time Of(uint64_t seq) const;
  size_t marks() const { return marks_.size(); }

 private:
  struct Mark {
    uint64_t first = 0;
    absl::Time time;
    bool stored = false;
  };

  std::deque<Mark> marks_;  // ascending; they hold for entries up to last_
  uint64_t last_ = 0;
  absl::Time restored_ = absl::InfiniteFuture();
};

}  // namespace kpiwatch
