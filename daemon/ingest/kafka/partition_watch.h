// Keeps in touch with the brokers beside the reading: which partitions there are, how far they go,
// and whether anybody answers.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/backoff.h"
#include "daemon/base/counters.h"
#include "daemon/base/mutex.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/kafka/group_commits.h"
#include "daemon/ingest/kafka/partition_identity.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch {

// One partition as its leader sees it.
struct PartitionOffsets {
  PartitionId id;
  int64_t begin = -1;  // first offset that is still there; -1: not asked
  int64_t end = -1;    // how far a reader of committed records can come, not included
  absl::Time asked = absl::InfinitePast();  // when the question was sent
};

// A partition that may be another one than was read, as it is now, and a record to know it by.
struct DoubtfulPartition {
  PartitionOffsets now;
  LastRecord last;
};

// What is new since the last look.
struct PartitionNews {
  std::map<std::string, int> partition_counts;  // per topic, of those whose partitions were asked
  std::vector<PartitionOffsets> added;          // partitions not reported before
  std::vector<PartitionOffsets> ends;           // partitions reported before; `begin` is not asked
  bool looked = false;  // whether the partitions are the same: what was read by now is wanted
  std::vector<DoubtfulPartition> doubtful;
};

// Operation: a thread of its own asks for partitions every `discovery_interval` and for end offsets
// every `offsets_interval` (and when nudged), sooner while something is missing; unless it was only
// nudged it looks whether the partitions are still the same. It also takes the client's errors and
// sends the courtesy commits.
// Concurrency: all public functions may be called by any thread.
// Limitations: a question that a dead broker leaves unanswered takes `request_timeout`, and the
// destructor waits for it.
class PartitionWatch {
 public:
  struct Options {
    std::string source;   // for messages
    std::string brokers;  // for messages
    std::vector<std::string> topics;
    absl::Duration discovery_interval = absl::Seconds(30);
    absl::Duration offsets_interval = absl::Seconds(5);
    absl::Duration commit_interval = absl::Seconds(5);
    absl::Duration request_timeout = absl::Seconds(3);
    absl::Duration nudge_gap = absl::Milliseconds(3);  // least time between two nudged questions
  };

  // `client`, `commits` and `outages` are borrowed. REQUIRES: the client's ERROR events are enabled
  // and nobody else reads its main queue. `on_news` is called by the thread when there is something
  // to take; `outages` counts how often the brokers came out of reach.
  PartitionWatch(Options options, rd_kafka_t* client, GroupCommits* commits, Counter* outages,
                 std::function<void()> on_news);
  ~PartitionWatch();
  PartitionWatch(const PartitionWatch&) = delete;
  PartitionWatch& operator=(const PartitionWatch&) = delete;

  // Asks for end offsets soon. The question also wakes the library's fetching, which in versions
  // before 2.2 sleeps for up to a second once its queue was full.
  void Nudge();
  // Moves what is new to *news. False, and cheap, when there is nothing.
  bool Take(PartitionNews* news) ABSL_LOCKS_EXCLUDED(mu_);
  // Tells what was read last of each partition until now, for the next look.
  void Delivered(std::span<const PartitionState> states) ABSL_LOCKS_EXCLUDED(mu_);
  // Tells that a partition in doubt is the same, and what was read of it by then.
  void Recognised(const PartitionId& id, const LastRecord& last) ABSL_LOCKS_EXCLUDED(mu_);
  // OK, or what is out of reach since when.
  absl::Status health() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  void Run(const std::stop_token& stop);
  absl::Status Discover();
  absl::Status DiscoverTopic(const std::string& topic);
  absl::Status AskBounds(PartitionOffsets* partition);
  // Asks how far the partitions go; `look`: also whether they are still the same.
  absl::Status AskEnds(bool look);
  // The offset of the first record since the moment that identity_ wants to know of each partition.
  absl::StatusOr<std::map<PartitionId, int64_t>> AskFirsts(
      const rd_kafka_topic_partition_list_t& partitions);
  void WaitForEvents();
  void Conclude(const absl::Status& status);

  const Options options_;
  rd_kafka_t* const client_;
  GroupCommits* const commits_;
  Counter* const outages_;
  const std::function<void()> on_news_;
  const kafka::QueuePtr main_queue_;

  // Owned by the thread.
  std::map<std::string, int> known_;  // partitions reported so far, per topic
  PartitionIdentity identity_;
  SteadyTime next_discovery_;
  SteadyTime next_offsets_;
  SteadyTime next_commit_;
  SteadyTime last_offsets_;
  std::string last_error_;       // what the client said last of its connections
  bool warned_missing_ = false;  // in the present trouble
  bool warned_away_ = false;     // in the present trouble
  Backoff backoff_;

  std::atomic<bool> nudged_ = false;
  std::atomic<bool> has_news_ = false;
  mutable Mutex mu_;
  PartitionNews news_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<PartitionId, LastRecord>> delivered_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<PartitionId, LastRecord>> recognised_ ABSL_GUARDED_BY(mu_);
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace kpiwatch
