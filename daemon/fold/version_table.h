// What events have added, so that another with the same id and a higher sequence can take its place
// (D-12).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/strong_id.h"
#include "daemon/fold/fingerprint.h"
#include "daemon/fold/subject_table.h"
#include "daemon/model/aggregate.h"
#include "daemon/model/day.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// One event's share of a cell, as it was booked.
struct Contribution {
  uint32_t kpi_id = 0;  // stored number
  SubjectId subject;
  Day day;
  Aggregate delta;
};

struct EventVersion {
  int64_t sequence = -1;  // -1: none
  uint64_t content = 0;   // hash of what the event said; equal for a plain repeat
  std::vector<Contribution> contributions;
};

// Operation: versions live in the store under the day of their arrival (UTC); those of the present
// step and of the one being written are in memory. A step is: Find and Put…; WriteChanged; write
// the batch. Looking up costs a read of the store for each day of the window, the newest first, so
// it is for repeated ids only.
// Limits: a version stays as long as its id does (DedupWindow), but all of one day of arrival
// together, and at most the window's min_age and a day: there are never more than the window's
// max_ids and those of a day. kMostForgotten go with one step.
// Concurrency: owned by one thread.
class VersionTable {
 public:
  static constexpr size_t kMostForgotten = 65'536;

  // `store` is borrowed.
  explicit VersionTable(const StateStore* store) : store_(store) {}

  // To be called once, first.
  absl::Status Restore();

  // nullopt: nothing is known of `id`. Errors: the store's, kDataLoss for what cannot be read.
  absl::StatusOr<std::optional<EventVersion>> Find(Fingerprint id) const;
  // Puts `id`'s version in the place of what was there. Does not allocate but to grow.
  void Put(Fingerprint id, int64_t sequence, uint64_t content,
           std::span<const Contribution> contributions);

  // Adds the step's versions to *batch, and forgets those of days before `keep_from`.
  // `arrival`: the moment of this step; one before that of an earlier step counts as that.
  // REQUIRES: the batch before is in the store.
  absl::Status WriteChanged(absl::Time arrival, absl::Time keep_from, WriteBatch* batch);

 private:
  struct Place {
    size_t begin = 0, size = 0;  // into Pending::bytes
  };
  struct Key {
    uint64_t bits = 0;
    uint8_t shard = 0;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.bits, key.shard);
    }
  };
  struct Pending {
    absl::flat_hash_map<Key, Place> places;
    std::string bytes;
    const Place* Find(Fingerprint id) const;
  };
  absl::Status Forget(Day keep_from, WriteBatch* batch);

  const StateStore* store_;
  Pending present_;
  Pending writing_;
  std::deque<Day> days_;  // of arrival, in the store and in the batch being written; ascending
};

}  // namespace kpiwatch
