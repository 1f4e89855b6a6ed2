// A Kafka producer whose records appear together with a cursor, or not at all.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/kafka/conf.h"
#include "daemon/kafka/handle.h"
#include "daemon/notify/kafka/outbox_cursor.h"

namespace kpiwatch {

struct KafkaHeader {
  std::string name;
  std::string value;
};

// Operation: Init, then any number of Begin, Send…, Commit. After an error of any of them the
// producer is done for: what became of the transaction is settled by the Init of its successor and
// told by the cursor. The destructor aborts what is open.
// Concurrency: one thread.
// Errors: kAborted when another producer with the same transactional id has taken over;
// otherwise those of kafka::ToStatus, to be tried again with a new producer.
class TransactionalProducer {
 public:
  // Told, by the calling thread, why a call is being repeated, for as long as it is.
  using OnHeldUp = std::function<void(const absl::Status&)>;

  // Errors: kInvalidArgument for the configuration. Reaches for no broker.
  static absl::StatusOr<std::unique_ptr<TransactionalProducer>> Create(
      const kafka::Cluster& cluster, const std::string& transactional_id,
      OnHeldUp on_held_up = [](const absl::Status&) {});
  ~TransactionalProducer();
  TransactionalProducer(const TransactionalProducer&) = delete;
  TransactionalProducer& operator=(const TransactionalProducer&) = delete;

  rd_kafka_t* client() { return client_.get(); }

  // Takes the transactional id over and settles what its last holder left. Waits for the broker
  // until `stop`.
  absl::Status Init(const std::stop_token& stop);
  absl::Status Begin();
  // `tag` names the record in oversized(). kResourceExhausted leaves the transaction as it was.
  absl::Status Send(const std::string& topic, std::string_view key, std::string_view value,
                    std::span<const KafkaHeader> headers, uint64_t tag);
  // Commits the records together with the cursor. An outcome that is not known yet is asked for
  // again until it is, or until `stop`.
  absl::Status Commit(const CursorPlace& place, const OutboxCursor& cursor,
                      const std::stop_token& stop);

  // Tags of the records that the broker refused as too large.
  const std::set<uint64_t>& oversized() const { return oversized_; }

 private:
  TransactionalProducer() = default;

  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  // Repeats `call` while its error says that this may help.
  template <typename Call>
  absl::Status Persist(std::string_view context, const std::stop_token& stop, Call call);
  absl::Status Judge(rd_kafka_error_t* error, std::string_view context);

  OnHeldUp on_held_up_;
  bool open_ = false;
  std::chrono::steady_clock::time_point begun_;
  std::set<uint64_t> oversized_;
  kafka::ClientPtr client_;  // last: its callbacks use the rest
};

}  // namespace kpiwatch
