#include "daemon/notify/kafka/kafka_publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/kafka/client.h"

namespace kpiwatch {
namespace {

constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
// How long a stop waits for a quiet outbox.
constexpr absl::Duration kReadWait = absl::Milliseconds(200);

// A publisher without a topic of its own stands beside one that has, perhaps on the same brokers.
std::string Suffix(const KafkaPublisherOptions& options) {
  return options.topic.empty() ? fmt::format("-{}", options.channel_name) : std::string();
}

CursorPlace PlaceOf(const KafkaPublisherOptions& options) {
  CursorPlace place{.group = fmt::format("kpiwatch-outbox-{}{}", options.instance, Suffix(options)),
                    .topic = options.topic};
  if (place.topic.empty() && !options.dead_letter_topics.empty()) {
    place.topic = options.dead_letter_topics.begin()->second;
  }
  return place;
}

bool IsFatal(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsFailedPrecondition(status);
}

}  // namespace

KafkaPublisher::KafkaPublisher(KafkaPublisherOptions options, OutboxReader* outbox,
                               NotifyMetrics* metrics, OnFatal on_fatal)
    : options_(std::move(options)),
      place_(PlaceOf(options_)),
      outbox_(outbox),
      metrics_(metrics),
      on_fatal_(std::move(on_fatal)),
      backoff_(absl::Milliseconds(200), absl::Seconds(10)),
      health_(absl::UnavailableError("not started")) {
  metrics_->publish_outages.With({options_.channel_name});  // shown before it happens
}

KafkaPublisher::~KafkaPublisher() { Stop(); }

kafka::Cluster KafkaPublisher::cluster() const {
  return {
      .brokers = options_.brokers, .properties = options_.properties, .secrets = options_.secrets};
}

std::string KafkaPublisher::Name() const {
  return fmt::format("kpiwatch-{}{}", options_.instance, Suffix(options_));
}

absl::Status KafkaPublisher::Start() {
  if (options_.instance.empty()) {
    return absl::InvalidArgumentError("publishing to Kafka needs an `instance`");
  }
  if (place_.topic.empty()) {
    return absl::InvalidArgumentError("publishing to Kafka needs a topic");
  }
  KPIWATCH_RETURN_IF_ERROR(TransactionalProducer::Create(cluster(), Name()).status());
  SetHealth(absl::UnavailableError(fmt::format("no answer yet from {}", options_.brokers)));
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return absl::OkStatus();
}

void KafkaPublisher::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

absl::Status KafkaPublisher::health() const {
  MutexLock lock(&mu_);
  return health_;
}

void KafkaPublisher::SetHealth(const absl::Status& status) {
  MutexLock lock(&mu_);
  health_ = status;
}

void KafkaPublisher::IsHeldUp(const absl::Status& status) {
  SetHealth(status);
  if (!std::exchange(held_up_, true)) {
    metrics_->publish_outages.With({options_.channel_name}).Add();
    Log(LogLevel::kWarn, "publishing is held up; trying again",
        {{"channel", options_.channel_name}, {"error", status}});
  }
}

void KafkaPublisher::GoesOn() {
  SetHealth(absl::OkStatus());
  if (std::exchange(held_up_, false)) {
    Log(LogLevel::kInfo, "publishing goes on", {{"channel", options_.channel_name}});
  }
}

void KafkaPublisher::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const absl::Status session = Session(stop);
    if (session.ok() || stop.stop_requested()) {
      return;
    }
    const absl::Status status =
        WithContext(fmt::format("publishing to Kafka at {}", options_.brokers), session);
    metrics_->failed
        .With(
            {options_.channel_name, absl::AsciiStrToLower(absl::StatusCodeToString(status.code()))})
        .Add();
    if (IsFatal(status)) {
      SetHealth(status);
      Log(LogLevel::kError, "publishing has ended for good",
          {{"channel", options_.channel_name}, {"error", status}});
      on_fatal_(status);
      return;
    }
    IsHeldUp(status);
    pause_.For(backoff_.Next(), stop);
  }
}

// From taking over to the first error; OK only after a stop.
absl::Status KafkaPublisher::Session(const std::stop_token& stop) {
  KPIWATCH_ASSIGN_OR_RETURN(const std::unique_ptr<TransactionalProducer> producer,
                            TransactionalProducer::Create(
                                cluster(), Name(), [this](const absl::Status& s) { IsHeldUp(s); }));
  KPIWATCH_RETURN_IF_ERROR(EnsureTopics(producer->client()));
  // A look before taking over: a daemon that must not publish here shall fence nobody.
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<OutboxCursor> seen,
                            ReadCursor(cluster(), place_, CursorRead::kAsItIs, kRequestTimeout));
  if (seen.has_value()) {
    KPIWATCH_RETURN_IF_ERROR(CheckCursor(*seen, place_, options_.store_uuid, outbox_->head()));
  }
  KPIWATCH_RETURN_IF_ERROR(producer->Init(stop));
  KPIWATCH_ASSIGN_OR_RETURN(uint64_t cursor, FindCursor());
  // Claims the place for this store, before there is anything to publish.
  KPIWATCH_RETURN_IF_ERROR(producer->Begin());
  KPIWATCH_RETURN_IF_ERROR(Commit(*producer, cursor, stop));
  outbox_->Acknowledge(options_.channel_name, cursor);
  Log(LogLevel::kInfo, "publishing to Kafka",
      {{"channel", options_.channel_name}, {"brokers", options_.brokers}, {"after", cursor}});
  backoff_.Reset();
  while (!stop.stop_requested()) {
    if (absl::Status status = PublishNext(*producer, &cursor, stop); !status.ok()) {
      oversized_.insert(producer->oversized().begin(), producer->oversized().end());
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status KafkaPublisher::EnsureTopics(rd_kafka_t* client) {
  std::set<std::string> topics = {place_.topic};
  for (const auto& [source, topic] : options_.dead_letter_topics) {
    topics.insert(topic);
  }
  for (const std::string& topic : topics) {
    const absl::Status known = kafka::PartitionCount(client, topic, kRequestTimeout).status();
    if (absl::IsNotFound(known)) {
      KPIWATCH_RETURN_IF_ERROR(kafka::CreateTopic(client, topic, kRequestTimeout));
      Log(LogLevel::kInfo, "created a Kafka topic", {{"topic", topic}});
    } else if (!known.ok()) {
      return known;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> KafkaPublisher::FindCursor() {
  KPIWATCH_ASSIGN_OR_RETURN(const std::optional<OutboxCursor> cursor,
                            ReadCursor(cluster(), place_, CursorRead::kStable, kRequestTimeout));
  const uint64_t acknowledged = outbox_->Acknowledged(options_.channel_name);
  if (!cursor.has_value()) {
    return acknowledged;
  }
  KPIWATCH_RETURN_IF_ERROR(CheckCursor(*cursor, place_, options_.store_uuid, outbox_->head()));
  return std::max(cursor->seq, acknowledged);
}

absl::Status KafkaPublisher::PublishNext(TransactionalProducer& producer, uint64_t* cursor,
                                         const std::stop_token& stop) {
  const absl::StatusOr<std::vector<SharedEntry>> entries =
      outbox_->Read(*cursor, kMaxEntries, kReadWait);
  if (!entries.ok()) {
    // The store's codes mean other things than ours.
    return absl::UnavailableError(
        fmt::format("reading the outbox: {}", MessageOf(entries.status())));
  }
  std::vector<Outgoing> records;
  size_t bytes = 0;
  for (const SharedEntry& entry : *entries) {
    std::optional<Outgoing> record = ToRecord(entry);
    const size_t size = record.has_value() ? record->key.size() + record->value.size() : 0;
    if (!records.empty() && bytes + size > kMaxBytes) {
      KPIWATCH_RETURN_IF_ERROR(PublishPart(producer, records, *cursor, stop));
      records.clear();
      bytes = 0;
    }
    if (record.has_value()) {
      records.push_back(*std::move(record));
      bytes += size;
    }
    *cursor = entry.seq();
  }
  if (!records.empty()) {
    return PublishPart(producer, records, *cursor, stop);
  }
  if (!entries->empty()) {
    outbox_->Acknowledge(options_.channel_name, *cursor);  // nothing in them was for us
  }
  if (absl::Now() - last_commit_ >= options_.recommit_interval) {
    KPIWATCH_RETURN_IF_ERROR(producer.Begin());
    return Commit(producer, *cursor, stop);
  }
  return absl::OkStatus();
}

absl::Status KafkaPublisher::PublishPart(TransactionalProducer& producer,
                                         std::span<const Outgoing> records, uint64_t through,
                                         const std::stop_token& stop) {
  const absl::Time start = absl::Now();
  KPIWATCH_RETURN_IF_ERROR(producer.Begin());
  for (const Outgoing& record : records) {
    const absl::Status sent =
        producer.Send(*record.topic, record.key, record.value, record.headers, record.seq);
    if (absl::IsResourceExhausted(sent)) {
      oversized_.insert(record.seq);
    }
    KPIWATCH_RETURN_IF_ERROR(sent);
  }
  KPIWATCH_RETURN_IF_ERROR(Commit(producer, through, stop));
  outbox_->Acknowledge(options_.channel_name, through);
  metrics_->sent.With({options_.channel_name}).Add(records.size());
  metrics_->latency_seconds.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  oversized_.clear();
  return absl::OkStatus();
}

absl::Status KafkaPublisher::Commit(TransactionalProducer& producer, uint64_t seq,
                                    const std::stop_token& stop) {
  KPIWATCH_RETURN_IF_ERROR(
      producer.Commit(place_, {.seq = seq, .store_uuid = options_.store_uuid}, stop));
  last_commit_ = absl::Now();
  GoesOn();
  return absl::OkStatus();
}

std::optional<KafkaPublisher::Outgoing> KafkaPublisher::ToRecord(const SharedEntry& entry) const {
  if (entry.head().is_transition) {
    if (options_.topic.empty()) {
      return std::nullopt;
    }
    return Outgoing{.topic = &options_.topic,
                    .key = SubjectOf(entry.body()),
                    .value = entry.body(),
                    .headers = {},
                    .seq = entry.seq()};
  }
  const v1::DeadLetter& letter = entry.entry().dead_letter();
  const auto topic = options_.dead_letter_topics.find(letter.source());
  if (letter.dead_letter_topic().empty() || topic == options_.dead_letter_topics.end()) {
    return std::nullopt;
  }
  Outgoing record{.topic = &topic->second,
                  .key = letter.key(),
                  .value = letter.value(),
                  .headers = {{"reason", letter.reason()},
                              {"topic", letter.topic()},
                              {"partition", std::to_string(letter.partition())},
                              {"offset", std::to_string(letter.offset())},
                              {"source", letter.source()},
                              {"message", letter.message()}},
                  .seq = entry.seq()};
  if (oversized_.contains(entry.seq())) {
    record.headers.push_back(
        {"value_dropped", fmt::format("{} bytes are too large", record.value.size())});
    record.value = {};
  }
  return record;
}

}  // namespace kpiwatch
