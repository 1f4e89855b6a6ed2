// Commits positions to the consumer group, for the tools that show lag. A courtesy: what counts is
// the position in our own store.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <map>
#include <span>

#include "absl/base/thread_annotations.h"
#include "daemon/base/mutex.h"
#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// Thread-safe. At most one commit is under way; newer positions wait for its end, so a group that
// cannot be reached costs the memory of one position per partition.
class GroupCommits {
 public:
  // Keeps the positions for the next Send; a later one of a partition replaces an earlier one.
  void Remember(std::span<const StoredPosition> positions);
  // Sends what is remembered without waiting; the answer comes to `answers` as an OFFSET_COMMIT
  // event, which is to be handed to Finish.
  void Send(rd_kafka_t* client, rd_kafka_queue_t* answers);
  void Finish(rd_kafka_event_t* event);
  // Commits that the broker refused or did not answer.
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  Mutex mu_;
  std::map<PartitionId, int64_t> pending_ ABSL_GUARDED_BY(mu_);
  bool under_way_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<uint64_t> failures_ = 0;
};

}  // namespace kpiwatch
