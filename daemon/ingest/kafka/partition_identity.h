// Whether the brokers' partitions are still those that are being read: a topic may be deleted and
// created anew while it is read, and be longer than before.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// Operation: partitions are looked at from time to time. Between two looks nothing of a partition
// goes back: not its end, and not the first record since a given moment; it may only be deleted.
// Where something went back, or a look was not answered, the partition is in doubt, and the record
// that was read last before the last sound look tells whether it is another one.
// Concurrency: not thread-safe.
// Limitations: not seen is a partition that was replaced between two looks by one that is no
// shorter and whose first records are dated before what was read of the former (or carry no time).
class PartitionIdentity {
 public:
  // To be called before a look: `last` was delivered by then.
  void Delivered(const PartitionId& id, const LastRecord& last) { entries_[id].delivered = last; }
  // A partition in doubt turned out to be the same: `last` was delivered by then.
  void Recognised(const PartitionId& id, const LastRecord& last) { entries_[id].proven = last; }
  // The moment (Unix ms) since which the first record is to be asked for; kNoTime: none.
  int64_t MomentToAsk(const PartitionId& id) const;
  // A look failed. The next one that is answered finds every partition in doubt.
  void Unanswered();
  void Unanswered(const PartitionId& id) { entries_[id].unanswered = true; }
  // A look said where the partition ends and what the offset of the first record since MomentToAsk
  // is (-1: none, or not asked). Returns what to recognise the partition by when it is in doubt;
  // nullopt: it is the same, or nothing of it was read yet.
  std::optional<LastRecord> Answered(const PartitionId& id, int64_t end, int64_t first);

 private:
  struct Entry {
    LastRecord delivered;         // before the present look
    LastRecord proven;            // before the last sound look, or before it was recognised
    int64_t end = -1;             // of the last look
    int64_t moment_ms = kNoTime;  // which first record is followed
    int64_t first = -1;           // its offset; it never goes back
    bool unanswered = false;
  };
  std::map<PartitionId, Entry> entries_;
};

}  // namespace kpiwatch
