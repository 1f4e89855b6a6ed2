// The EventSource that reads Kafka topics.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/counters.h"
#include "daemon/ingest/event_source.h"
#include "daemon/ingest/kafka/group_commits.h"
#include "daemon/ingest/kafka/kafka_batch.h"
#include "daemon/ingest/kafka/partition_table.h"
#include "daemon/ingest/kafka/partition_watch.h"
#include "daemon/ingest/source_options.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch {

// Operation: reads every partition of the topics (manual assignment; nobody joins the group) from
// the given positions, committed records only. Partitions that appear later are read from their
// beginning. A partition whose position is not on the broker any more (deleted records, a topic
// created anew, a lost log) or whose records cannot be read stops with `failed`; the others go on.
// Prefetched records are bounded for all partitions together (queued.min.messages, 50,000, and
// queued.max.messages.kbytes, 32 MB; each may be overshot by one fetch of at most fetch.max.bytes,
// 16 MB before decompression).
//
// partitions()[i].position also passes what a reader never sees (transaction markers, records of
// aborted transactions), so position == end means read to the end. `end` is what committed readers
// can reach and at most a few seconds old while health() is OK; `end_asked` says how old.
//
// A topic created anew is known by the record that was delivered last: reading begins there at a
// start, and goes back there when the brokers were out of reach or the partition seems to be
// another one (see PartitionIdentity); the partition stops when another time stands at its offset.
// What came of the other topic until then was delivered. Compaction or deletion may have taken that
// record; then, and where records carry no time, only the position can be out of range.
//
// Concurrency: one caller thread, except Wake(). Batches are destroyed before the source.
class KafkaSource final : public EventSource {
 public:
  // Looks for partitions that are new every `discovery_interval`. Errors: kInvalidArgument naming
  // the property that is wrong. Reaches for no broker.
  static absl::StatusOr<std::unique_ptr<KafkaSource>> Create(
      std::string name, const KafkaSourceOptions& options,
      absl::Duration discovery_interval = absl::Seconds(30));
  ~KafkaSource() override;
  KafkaSource(const KafkaSource&) = delete;
  KafkaSource& operator=(const KafkaSource&) = delete;

  const std::string& name() const override { return name_; }
  absl::Status Start(std::span<const StoredPosition> positions) override;
  std::unique_ptr<RecordBatch> NewBatch() override { return std::make_unique<KafkaBatch>(); }
  absl::Status Poll(size_t max_records, absl::Duration max_wait, RecordBatch* batch) override;
  std::span<const PartitionState> partitions() const override { return table_.states(); }
  absl::Time AskEnds() override;
  void Committed(std::span<const StoredPosition> positions) override;
  bool ready() const override;
  absl::Status health() const override;
  void Wake() override { rd_kafka_queue_yield(queue_.get()); }

  // How often the brokers came out of reach; at a start without them, once.
  const Counter& outages() const { return outages_; }
  // Courtesy commits that failed.
  uint64_t commit_failures() const { return commits_.failures(); }

 private:
  KafkaSource(std::string name, PartitionWatch::Options watch_options, kafka::ClientPtr client);

  void TakeNews();
  void AddPartition(const PartitionOffsets& found, rd_kafka_topic_partition_list_t* assign);
  uint32_t AddState(PartitionState state, int64_t begin);
  void MarkFailed(uint32_t index, std::string_view why);
  void Stop(uint32_t index, std::string_view why);  // one that is being read
  void Assign(const rd_kafka_topic_partition_list_t* list);
  void Unassign(const PartitionId& id);
  // Looks whether `message`, below the position, is the record that was delivered last.
  void Recognise(uint32_t index, const rd_kafka_message_t& message);
  // Reads the record by which a partition is known once more.
  void LookAgain(const DoubtfulPartition& doubtful);
  void ReadFrom(const PartitionId& id, int64_t offset);
  void StopAtEnd(uint32_t index, int64_t end, const LastRecord& last);
  // What to do about an offset that the broker says it does not have.
  void TakeOutOfRange(uint32_t index);
  size_t Fetch(size_t max_records, absl::Duration max_wait);
  void Take(size_t count, KafkaBatch* batch);
  void TakeEvent(const rd_kafka_message_t& message);
  void KeepFetching();

  const std::string name_;
  const PartitionWatch::Options watch_options_;
  const bool fetching_falls_asleep_;  // when the library's queue was full: versions before 2.2
  kafka::ClientPtr client_;
  kafka::QueuePtr queue_;  // of all assigned partitions
  GroupCommits commits_;
  Counter outages_;
  std::map<PartitionId, StoredPosition> stored_;  // whose partition has not been seen yet
  std::map<std::string, int> topic_counts_;       // partitions of the topics that were found
  PartitionTable table_;
  std::vector<int64_t> begins_;                  // by index: first offset when it was first seen
  std::vector<LastRecord> expected_;             // by index: to be recognised; offset -1: nothing
  std::map<PartitionId, std::string> troubles_;  // passing ones, until a record comes
  std::vector<rd_kafka_message_t*> messages_;    // of one Fetch
  std::optional<PartitionWatch> watch_;          // after Start; ends first
};

}  // namespace kpiwatch
