// Publishes the outbox to Kafka, each entry exactly once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/base/backoff.h"
#include "daemon/base/mutex.h"
#include "daemon/kafka/conf.h"
#include "daemon/notify/kafka/outbox_cursor.h"
#include "daemon/notify/kafka/transactional_producer.h"
#include "daemon/notify/notify_metrics.h"
#include "daemon/notify/outbox_reader.h"
#include "daemon/notify/pause.h"

namespace kpiwatch {

struct KafkaPublisherOptions {
  std::string brokers;
  std::map<std::string, std::string> properties;                       // any librdkafka property
  std::map<std::string, std::pair<std::string, std::string>> secrets;  // property → (file, env)
  std::string topic;       // of transitions; empty: dead letters only
  std::string instance;    // becomes the transactional id: nobody else on these brokers may have it
  std::string store_uuid;  // tells this store's cursor from another's
  std::string channel_name = "kafka";  // of the acknowledgements; one for each publisher
  // Name of a source → its dead-letter topic. Dead letters of other sources, and those without a
  // topic, are left to other channels.
  std::map<std::string, std::string> dead_letter_topics;
  absl::Duration recommit_interval = absl::Hours(24);  // the broker forgets after 7 days
};

// Operation: a thread of its own reads the outbox behind the cursor and publishes what it reads in
// one transaction with the new cursor: at once while entries come singly, up to kMaxEntries or
// kMaxBytes a transaction while behind. After any error a new producer takes over, which settles
// the last transaction, reads the cursor and goes on behind it. Transitions are serialised
// v1.Transition keyed by subject; dead letters are the original key and value with the headers
// reason, topic, partition, offset, source and message (value_dropped too, when the broker takes no
// record of that size). Topics that are missing are created with the cluster's defaults.
// Concurrency: all public functions may be called by any thread; Start and Stop from one.
// Limitations: a dead-letter topic that refuses every record holds the transitions up too (health()
// says so).
class KafkaPublisher {
 public:
  static constexpr size_t kMaxEntries = 10'000;
  static constexpr size_t kMaxBytes = size_t{4} << 20;

  // Called once, from the publisher's thread (so it may not call Stop), after which the publisher
  // does nothing any more. kAborted:
  // another daemon with the same instance has taken over. kFailedPrecondition: the cursor on the
  // broker does not fit to this store; the message says what to do.
  using OnFatal = std::function<void(const absl::Status&)>;

  // `outbox` and `metrics` are borrowed.
  KafkaPublisher(KafkaPublisherOptions options, OutboxReader* outbox, NotifyMetrics* metrics,
                 OnFatal on_fatal);
  ~KafkaPublisher();
  KafkaPublisher(const KafkaPublisher&) = delete;
  KafkaPublisher& operator=(const KafkaPublisher&) = delete;

  // Errors: kInvalidArgument for the configuration. Does not wait for a broker.
  absl::Status Start();
  // Ends after the transaction under way, at most a few seconds. What is not published stays in the
  // outbox. May be called more than once.
  void Stop();
  // OK, or why nothing is published now.
  absl::Status health() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Outgoing {  // borrows from the entry
    const std::string* topic = nullptr;
    std::string_view key;
    std::string_view value;
    std::vector<KafkaHeader> headers;
    uint64_t seq = 0;
  };

  kafka::Cluster cluster() const;
  std::string Name() const;
  void Run(const std::stop_token& stop);
  absl::Status Session(const std::stop_token& stop);
  absl::Status EnsureTopics(rd_kafka_t* client);
  absl::StatusOr<uint64_t> FindCursor();
  absl::Status PublishNext(TransactionalProducer& producer, uint64_t* cursor,
                           const std::stop_token& stop);
  absl::Status PublishPart(TransactionalProducer& producer, std::span<const Outgoing> records,
                           uint64_t through, const std::stop_token& stop);
  absl::Status Commit(TransactionalProducer& producer, uint64_t seq, const std::stop_token& stop);
  std::optional<Outgoing> ToRecord(const SharedEntry& entry) const;
  void SetHealth(const absl::Status& status);
  // Nothing can be published now: said and counted once, until it GoesOn.
  void IsHeldUp(const absl::Status& status);
  void GoesOn();

  const KafkaPublisherOptions options_;
  const CursorPlace place_;
  OutboxReader* const outbox_;
  NotifyMetrics* const metrics_;
  const OnFatal on_fatal_;

  // Owned by the thread.
  Backoff backoff_;
  bool held_up_ = false;
  SystemPause pause_;
  std::set<uint64_t> oversized_;  // entries that go without their value
  absl::Time last_commit_ = absl::InfinitePast();

  mutable Mutex mu_;
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace kpiwatch
