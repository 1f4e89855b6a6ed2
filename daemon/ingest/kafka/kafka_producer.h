// A plain producer, for tools that send events.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/ingest/event_source.h"
#include "daemon/kafka/conf.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch {

// Operation: idempotent, in order within a partition, compressed. At most kQueueRecords records
// (queue.buffering.max.messages) wait in memory; Send waits for room. The first record that cannot
// be delivered ends it: its error is what every later call returns.
// Concurrency: one thread.
class KafkaProducer {
 public:
  static constexpr int kQueueRecords = 100'000;

  // Errors: kInvalidArgument naming the property that is wrong. Reaches for no broker.
  static absl::StatusOr<std::unique_ptr<KafkaProducer>> Create(const kafka::Cluster& cluster);
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // Hands a record over; everything is copied. The partition follows the key as with the Java
  // clients, at random without one. A nullopt value is a tombstone. While the queue is full, waits
  // up to max_wait. Errors: kDeadlineExceeded (no room, the record was not taken: call again);
  // that of the first record that failed.
  absl::Status Send(const std::string& topic, std::string_view key,
                    std::optional<std::string_view> value, std::span<const Header> headers,
                    absl::Duration max_wait);
  // The same to a partition of the caller's choice.
  absl::Status SendTo(const std::string& topic, int32_t partition, std::string_view key,
                      std::optional<std::string_view> value, std::span<const Header> headers,
                      absl::Duration max_wait);
  // The number of partitions of a topic. Errors: kNotFound when there is no such topic;
  // kUnavailable. Blocks up to `timeout`.
  absl::StatusOr<int> PartitionCount(const std::string& topic, absl::Duration timeout);
  // Waits until all records have arrived. Errors: kDeadlineExceeded with how many are missing; that
  // of the first record that failed.
  absl::Status Flush(absl::Duration timeout);

  // Records that have arrived.
  int64_t delivered() const { return delivered_; }

 private:
  KafkaProducer() = default;

  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);

  int64_t delivered_ = 0;
  absl::Status failure_;
  kafka::ClientPtr client_;  // last: its callbacks use the rest
};

}  // namespace kpiwatch
