#include "daemon/ingest/kafka/partition_identity.h"

#include <algorithm>

namespace kpiwatch {

int64_t PartitionIdentity::MomentToAsk(const PartitionId& id) const {
  const auto it = entries_.find(id);
  if (it == entries_.end()) {
    return kNoTime;
  }
  const Entry& entry = it->second;
  return entry.moment_ms != kNoTime ? entry.moment_ms : entry.delivered.timestamp_ms;
}

void PartitionIdentity::Unanswered() {
  for (auto& [id, entry] : entries_) {
    entry.unanswered = true;
  }
}

std::optional<LastRecord> PartitionIdentity::Answered(const PartitionId& id, int64_t end,
                                                      int64_t first) {
  Entry& entry = entries_[id];
  const bool doubtful = entry.unanswered || end < entry.end ||
                        (entry.moment_ms != kNoTime && first >= 0 && first < entry.first);
  entry.end = end;
  if (doubtful) {
    // What was delivered since the last sound look may be another topic's.
    entry.unanswered = false;
    entry.delivered = {};
    entry.moment_ms = kNoTime;
    return entry.proven.offset >= 0 ? std::optional(entry.proven) : std::nullopt;
  }
  // A first record that is the partition's first of all cannot go back: a later moment is better.
  if (entry.moment_ms == kNoTime && first > 0) {
    entry.moment_ms = entry.delivered.timestamp_ms;
    entry.first = first;
  }
  entry.first = std::max(entry.first, first);
  if (entry.delivered.offset >= 0) {
    entry.proven = entry.delivered;
  }
  return std::nullopt;
}

}  // namespace kpiwatch
