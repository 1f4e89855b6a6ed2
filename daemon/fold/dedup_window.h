// Which events were seen already (D-12).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/fold/dedup_segment.h"
#include "daemon/fold/fingerprint.h"
#include "daemon/fold/fingerprint_set.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Operation: all ids of the window are in memory as fingerprints; the store holds them in segments,
// one for the ids of each step. Small neighbours are merged as they come (at most three times an
// id), so there are never more than size()/kLeastLastingIds + 45 segments. A step is:
//   Insert…; Expire; SealSegment; write the batch.
// A step whose batch fails ends the process; there is no way back in memory.
// Concurrency: owned by one thread.
// Limitations: an id stays at least min_age after its arrival unless the count cap throws it out,
// and may stay longer: whole segments go, by the arrival of their newest id.
class DedupWindow {
 public:
  // With more ids a false duplicate would be likelier than 1e-6 (fingerprint.h).
  static constexpr size_t kMaxIds = 68'000'000;
  // Segments of this size are not merged any more.
  static constexpr size_t kLeastLastingIds = 16'384;
  // Segments are cut at this size: about 1 MB.
  static constexpr size_t kMostSegmentIds = 131'072;

  struct Options {
    size_t max_ids = 16'000'000;                // 1 … kMaxIds; 13 bytes of memory each
    absl::Duration min_age = absl::Hours(840);  // the correction window
  };

  explicit DedupWindow(Options options);

  // Call it some 10 events before Insert of the same id.
  void Prefetch(Fingerprint id) const { ids_.Prefetch(id); }
  bool Contains(Fingerprint id) const { return ids_.Contains(id); }
  // False: a duplicate. A new id joins the open segment.
  bool Insert(Fingerprint id) {
    if (!ids_.Insert(id)) {
      return false;
    }
    open_.Append(id);
    return true;
  }

  // Makes room for `ids` (at most max_ids) in total at once; growing into them doubles what Insert
  // costs. For a backlog of known size.
  void Reserve(size_t ids) { ids_.Reserve(std::min(ids, options_.max_ids)); }

  // Adds the ids inserted since the last call to *batch; nothing when there are none. `arrival`:
  // the moment of this step; one before that of an earlier step counts as that.
  void SealSegment(absl::Time arrival, WriteBatch* batch);

  // Takes the oldest segments out, while the newest id of the oldest is older than now - min_age or
  // there are more than max_ids, until at least `budget` ids are gone: one call takes out fewer
  // than budget + kMostSegmentIds. REQUIRES: every batch that SealSegment wrote to is in `store`.
  // Errors: what the store returns, kDataLoss when it does not hold what was put there.
  absl::Status Expire(absl::Time now, const StateStore& store, WriteBatch* batch, size_t budget);

  // Rebuilds what was durable. REQUIRES: nothing was inserted yet. Errors as Expire.
  absl::Status Restore(const StateStore& store);

  // Every id that arrived at or after this is in the window: an event recorded earlier may be a
  // duplicate that nobody can tell. InfinitePast until anything has expired; never goes back.
  absl::Time window_start() const;
  size_t size() const { return ids_.size(); }
  size_t segments() const { return segments_.size(); }
  // Of the table of ids; the open and the small segments take up to 3 MB more.
  size_t memory_bytes() const { return ids_.memory_bytes(); }

 private:
  struct Segment {
    uint64_t number = 0;
    int64_t newest_arrival_us = 0;
    uint32_t count = 0;
  };

  size_t CountToMerge() const;
  void TakeSmall(size_t segments, WriteBatch* batch);
  void PutSegment(size_t begin, size_t end, int64_t arrival_us, WriteBatch* batch);
  void PutState(WriteBatch* batch) const;
  absl::Status ReadState(const StateStore& store);
  absl::Status RestoreSegment(std::string_view key, std::string_view value);
  absl::Status DropOldest(const StateStore& store, WriteBatch* batch);

  const Options options_;
  FingerprintSet ids_;
  IdList open_;                   // inserted and not sealed
  std::deque<Segment> segments_;  // oldest first
  // The ids of the last segments, those below kLeastLastingIds; sizes descend by class, see
  // CountToMerge.
  std::deque<IdList> small_;
  uint64_t next_number_ = 0;
  int64_t window_start_us_;
  int64_t last_arrival_us_;
  std::string value_;                  // reused
  std::vector<Fingerprint> unpacked_;  // reused
};

}  // namespace kpiwatch
