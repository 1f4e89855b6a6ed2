#include "daemon/ingest/kafka/kafka_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/clock.h"
#include "daemon/base/check.h"
#include "daemon/base/log.h"
#include "daemon/base/status_macros.h"
#include "daemon/base/status_text.h"
#include "daemon/kafka/client.h"
#include "daemon/kafka/conf.h"
#include "daemon/kafka/error.h"

namespace kpiwatch {
namespace {

constexpr std::array kDefaults = {
    kafka::Property{"client.id", "kpiwatch"},
    kafka::Property{"isolation.level", "read_committed"},
    // Positions are ours: nothing commits, stores or resets them but us.
    kafka::Property{"enable.auto.commit", "false"},
    kafka::Property{"enable.auto.offset.store", "false"},
    kafka::Property{"auto.offset.reset", "error"},
    kafka::Property{"enable.partition.eof", "true"},
    // Both bound the one queue of all partitions.
    kafka::Property{"queued.min.messages", "50000"},
    kafka::Property{"queued.max.messages.kbytes", "32768"},
    kafka::Property{"fetch.queue.backoff.ms", "2"},
    kafka::Property{"fetch.max.bytes", "16777216"},
    kafka::Property{"fetch.message.max.bytes", "1048576"},
    kafka::Property{"fetch.wait.max.ms", "100"},
    kafka::Property{"fetch.error.backoff.ms", "100"},
    kafka::Property{"reconnect.backoff.ms", "100"},
    kafka::Property{"reconnect.backoff.max.ms", "2000"},
    kafka::Property{"socket.keepalive.enable", "true"},
    kafka::Property{"socket.nagle.disable", "true"},
};

// Version 2.2 brought fetch.queue.backoff.ms.
constexpr int kFirstVersionThatStaysAwake = 0x02020000;
// Below this, waiting for a fetch to begin costs nothing worth a question to the broker.
constexpr int64_t kBacklogWorthANudge = 10'000;

bool IsUnreadable(rd_kafka_resp_err_t err) {
  return err == RD_KAFKA_RESP_ERR__BAD_MSG || err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
         err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaSource>> KafkaSource::Create(
    std::string name, const KafkaSourceOptions& options, absl::Duration discovery_interval) {
  const std::string context = fmt::format("source {}", name);
  if (options.topics.empty()) {
    return absl::InvalidArgumentError(context + ": no Kafka topics are given");
  }
  const kafka::Cluster cluster{
      .brokers = options.brokers, .properties = options.properties, .secrets = options.secrets};
  absl::StatusOr<kafka::ConfPtr> conf =
      kafka::MakeConf(cluster, kDefaults, kafka::kReservedForReading);
  if (!conf.ok()) {
    return WithContext(context, conf.status());
  }
  const std::string group = options.group.empty() ? "kpiwatch" : options.group;
  rd_kafka_conf_set(conf->get(), "group.id", group.c_str(), nullptr, 0);
  rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT);
  absl::StatusOr<kafka::ClientPtr> client = kafka::NewClient(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!client.ok()) {
    return WithContext(context, client.status());
  }
  PartitionWatch::Options watch{.source = name,
                                .brokers = options.brokers,
                                .topics = options.topics,
                                .discovery_interval = discovery_interval};
  std::sort(watch.topics.begin(), watch.topics.end());
  watch.topics.erase(std::unique(watch.topics.begin(), watch.topics.end()), watch.topics.end());
  return std::unique_ptr<KafkaSource>(
      new KafkaSource(std::move(name), std::move(watch), *std::move(client)));
}

KafkaSource::KafkaSource(std::string name, PartitionWatch::Options watch_options,
                         kafka::ClientPtr client)
    : name_(std::move(name)),
      watch_options_(std::move(watch_options)),
      fetching_falls_asleep_(rd_kafka_version() < kFirstVersionThatStaysAwake),
      client_(std::move(client)),
      queue_(rd_kafka_queue_get_consumer(client_.get())) {}

KafkaSource::~KafkaSource() {
  watch_.reset();
  rd_kafka_assign(client_.get(), nullptr);
  queue_.reset();
}

absl::Status KafkaSource::Start(std::span<const StoredPosition> positions) {
  KPIWATCH_CHECK(!watch_.has_value(), "a source is started once");
  for (const StoredPosition& p : positions) {
    stored_[p.id] = p;
  }
  watch_.emplace(watch_options_, client_.get(), &commits_, &outages_, [this] { Wake(); });
  return absl::OkStatus();
}

absl::Status KafkaSource::Poll(size_t max_records, absl::Duration max_wait, RecordBatch* batch) {
  KPIWATCH_CHECK(watch_.has_value(), "a source is started before it is polled");
  TakeNews();
  const size_t count = Fetch(max_records, max_wait);
  Take(count, static_cast<KafkaBatch*>(batch));
  return absl::OkStatus();
}

// The library's call waits until the batch is full or the time is over, hence two calls: one that
// waits for a first message, one that takes what is there.
size_t KafkaSource::Fetch(size_t max_records, absl::Duration max_wait) {
  messages_.resize(max_records);
  const auto consume = [&](size_t from, size_t count, int timeout_ms) {
    const ssize_t n =
        rd_kafka_consume_batch_queue(queue_.get(), timeout_ms, messages_.data() + from, count);
    return n < 0 ? size_t{0} : static_cast<size_t>(n);
  };
  size_t count = consume(0, max_records, 0);
  KeepFetching();
  if (count == 0 && max_records > 0 && max_wait > absl::ZeroDuration()) {
    count = consume(0, 1, kafka::ToMilliseconds(max_wait));
    if (count == 1) {
      count += consume(1, max_records - 1, 0);
    }
  }
  return count;
}

void KafkaSource::KeepFetching() {
  if (fetching_falls_asleep_ && table_.Backlog() > kBacklogWorthANudge) {
    watch_->Nudge();
  }
}

void KafkaSource::Take(size_t count, KafkaBatch* batch) {
  for (size_t i = 0; i < count; ++i) {
    rd_kafka_message_t* message = messages_[i];
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) [[unlikely]] {
      TakeEvent(*message);
      rd_kafka_message_destroy(message);
      continue;
    }
    const uint32_t index = table_.Find(message->rkt, message->partition);
    // What is left of a partition that has failed, or was asked for twice, is not for us.
    if (index == PartitionTable::kNone || table_[index].failed ||
        message->offset < table_[index].position) [[unlikely]] {
      if (index != PartitionTable::kNone && !table_[index].failed) {
        Recognise(index, *message);
      }
      rd_kafka_message_destroy(message);
      continue;
    }
    PartitionState& state = table_[index];
    state.position = message->offset + 1;
    batch->Add(message, index);
    state.last = {message->offset, batch->records().back().timestamp_ms};
  }
  table_.RaiseEnds();
  if (!troubles_.empty()) {
    for (const Record& record : batch->records()) {
      troubles_.erase(table_[record.partition].id);
    }
  }
}

void KafkaSource::TakeEvent(const rd_kafka_message_t& message) {
  const uint32_t index =
      message.rkt == nullptr ? PartitionTable::kNone : table_.Find(message.rkt, message.partition);
  if (index == PartitionTable::kNone) {
    Log(LogLevel::kDebug, "Kafka reports",
        {{"source", name_}, {"error", rd_kafka_message_errstr(&message)}});
    return;
  }
  PartitionState& state = table_[index];
  if (state.failed) {
    return;
  }
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (message.offset <= expected_[index].offset) {
      StopAtEnd(index, message.offset, expected_[index]);
      return;
    }
    // The offset is where the next record will be, behind markers and aborted records too.
    state.position = std::max(state.position, message.offset);
    state.end = std::max(state.end, state.position);
    troubles_.erase(state.id);
  } else if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    TakeOutOfRange(index);
  } else if (IsUnreadable(message.err)) {
    Stop(index, fmt::format("the records from offset {} on cannot be read: {}", state.position,
                            rd_kafka_message_errstr(&message)));
  } else {
    std::string text = fmt::format("{}/{}: {}", state.id.topic, state.id.partition,
                                   rd_kafka_message_errstr(&message));
    if (std::string& known = troubles_[state.id]; known != text) {
      Log(LogLevel::kWarn, "a partition cannot be read; trying again",
          {{"source", name_}, {"error", text}});
      known = std::move(text);
    }
  }
}

void KafkaSource::TakeNews() {
  PartitionNews news;
  if (!watch_->Take(&news)) {
    return;
  }
  const kafka::PartitionsPtr assign(
      rd_kafka_topic_partition_list_new(static_cast<int>(news.added.size())));
  for (const PartitionOffsets& found : news.added) {
    AddPartition(found, assign.get());
  }
  for (const PartitionOffsets& found : news.ends) {
    const uint32_t index = table_.Find(found.id);
    if (index != PartitionTable::kNone) {
      table_[index].end = std::max(table_[index].end, found.end);
      table_[index].end_asked = found.asked;
    }
  }
  if (assign->cnt > 0) {
    Assign(assign.get());
  }
  for (const DoubtfulPartition& doubtful : news.doubtful) {
    LookAgain(doubtful);
  }
  if (news.looked) {
    watch_->Delivered(table_.states());
  }
  for (const auto& [topic, count] : news.partition_counts) {
    topic_counts_[topic] = count;
    // Whatever position is left over belongs to a partition that the topic does not have.
    for (auto it = stored_.lower_bound({.topic = topic, .partition = count});
         it != stored_.end() && it->first.topic == topic; it = stored_.erase(it)) {
      PartitionState state;
      state.id = it->first;
      state.position = it->second.next_offset;
      state.last = it->second.last;
      const uint32_t index = AddState(std::move(state), -1);
      MarkFailed(index,
                 fmt::format("the topic has only {} partitions: it was created anew", count));
    }
  }
}

void KafkaSource::AddPartition(const PartitionOffsets& found,
                               rd_kafka_topic_partition_list_t* assign) {
  PartitionState state;
  state.id = found.id;
  state.position = found.begin;
  state.end = state.first_seen_end = found.end;
  state.end_asked = found.asked;
  if (const auto it = stored_.find(found.id); it != stored_.end()) {
    state.position = it->second.next_offset;
    state.last = it->second.last;
    stored_.erase(it);
  }
  const bool recognisable = state.last.offset >= found.begin && state.last.offset >= 0 &&
                            state.last.timestamp_ms != kNoTime;
  rd_kafka_topic_partition_list_add(assign, found.id.topic.c_str(), found.id.partition)->offset =
      recognisable ? state.last.offset : state.position;
  Log(LogLevel::kInfo, "reading a partition",
      {{"source", name_},
       {"topic", found.id.topic},
       {"partition", found.id.partition},
       {"position", state.position},
       {"begin", found.begin},
       {"end", found.end}});
  const LastRecord last = state.last;
  const uint32_t index = AddState(std::move(state), found.begin);
  if (recognisable) {
    expected_[index] = last;
  }
}

uint32_t KafkaSource::AddState(PartitionState state, int64_t begin) {
  begins_.push_back(begin);
  expected_.emplace_back();
  return table_.Add(std::move(state));
}

void KafkaSource::MarkFailed(uint32_t index, std::string_view why) {
  PartitionState& state = table_[index];
  state.failed = true;
  state.error = fmt::format("{}/{} is stopped: {}", state.id.topic, state.id.partition, why);
  troubles_.erase(state.id);
  Log(LogLevel::kError, "a partition is stopped", {{"source", name_}, {"error", state.error}});
}

void KafkaSource::Stop(uint32_t index, std::string_view why) {
  MarkFailed(index, why);
  Unassign(table_[index].id);
}

void KafkaSource::Assign(const rd_kafka_topic_partition_list_t* list) {
  const absl::Status status =
      kafka::ToStatus(rd_kafka_incremental_assign(client_.get(), list), "assigning partitions");
  KPIWATCH_CHECK(status.ok(), MessageOf(status));
}

void KafkaSource::Unassign(const PartitionId& id) {
  const kafka::PartitionsPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), id.topic.c_str(), id.partition);
  table_.ForgetHandle();
  const absl::Status status =
      kafka::ToStatus(rd_kafka_incremental_unassign(client_.get(), list.get()), "unassigning");
  KPIWATCH_CHECK(status.ok(), MessageOf(status));
}

absl::Time KafkaSource::AskEnds() {
  const absl::Time now = absl::Now();
  if (watch_.has_value()) {
    watch_->Nudge();
  }
  return now;
}

void KafkaSource::Committed(std::span<const StoredPosition> positions) {
  commits_.Remember(positions);
}

bool KafkaSource::ready() const {
  return topic_counts_.size() == watch_options_.topics.size() && watch_->health().ok();
}

absl::Status KafkaSource::health() const {
  if (!watch_.has_value()) {
    return absl::UnavailableError(fmt::format("source {}: not started", name_));
  }
  KPIWATCH_RETURN_IF_ERROR(watch_->health());
  for (const PartitionState& state : table_.states()) {
    if (state.failed) {
      return absl::DataLossError(fmt::format("source {}: {}", name_, state.error));
    }
  }
  if (!troubles_.empty()) {
    return absl::UnavailableError(fmt::format("source {}: {}", name_, troubles_.begin()->second));
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
