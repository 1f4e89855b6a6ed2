#include "daemon/ingest/kafka/kafka_producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "daemon/base/status_macros.h"
#include "daemon/kafka/client.h"
#include "daemon/kafka/error.h"

namespace kpiwatch {
namespace {

constexpr std::array kDefaults = {
    kafka::Property{"client.id", "kpiwatch"},
    kafka::Property{"enable.idempotence", "true"},
    kafka::Property{"compression.type", "lz4"},
    kafka::Property{"linger.ms", "5"},
    kafka::Property{"queue.buffering.max.messages", "100000"},
    kafka::Property{"partitioner", "murmur2_random"},
    kafka::Property{"reconnect.backoff.max.ms", "2000"},
    kafka::Property{"socket.keepalive.enable", "true"},
};

// While the queue is full: how long until the next look.
constexpr absl::Duration kPoll = absl::Milliseconds(10);

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaProducer>> KafkaProducer::Create(
    const kafka::Cluster& cluster) {
  KPIWATCH_ASSIGN_OR_RETURN(kafka::ConfPtr conf, kafka::MakeConf(cluster, kDefaults, {}));
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer());
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  KPIWATCH_ASSIGN_OR_RETURN(producer->client_,
                            kafka::NewClient(RD_KAFKA_PRODUCER, std::move(conf)));
  return producer;
}

// Runs in the thread that is inside Send or Flush.
void KafkaProducer::OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                               void* self) {
  auto* producer = static_cast<KafkaProducer*>(self);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++producer->delivered_;
  } else {
    producer->failure_.Update(kafka::ToStatus(
        message->err, fmt::format("producing to topic '{}'", rd_kafka_topic_name(message->rkt))));
  }
}

absl::Status KafkaProducer::Send(const std::string& topic, std::string_view key,
                                 std::optional<std::string_view> value,
                                 std::span<const Header> headers, absl::Duration max_wait) {
  return SendTo(topic, RD_KAFKA_PARTITION_UA, key, value, headers, max_wait);
}

absl::StatusOr<int> KafkaProducer::PartitionCount(const std::string& topic,
                                                  absl::Duration timeout) {
  return kafka::PartitionCount(client_.get(), topic, timeout);
}

absl::Status KafkaProducer::SendTo(const std::string& topic, int32_t partition,
                                   std::string_view key, std::optional<std::string_view> value,
                                   std::span<const Header> headers, absl::Duration max_wait) {
  const auto deadline =
      std::chrono::steady_clock::now() +
      absl::ToChronoMicroseconds(std::clamp(max_wait, absl::ZeroDuration(), absl::Hours(24)));
  kafka::HeadersPtr list(rd_kafka_headers_new(headers.size()));
  for (const Header& header : headers) {
    rd_kafka_header_add(list.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  rd_kafka_poll(client_.get(), 0);
  while (failure_.ok()) {
    // NOLINTBEGIN(cppcoreguidelines-pro-type-cstyle-cast): inside the library's macros
    const rd_kafka_resp_err_t err = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
        RD_KAFKA_V_VALUE(value.has_value() ? const_cast<char*>(value->data()) : nullptr,
                         value.has_value() ? value->size() : 0),
        RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    // NOLINTEND(cppcoreguidelines-pro-type-cstyle-cast)
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)list.release();  // the message's now
      return absl::OkStatus();
    }
    if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return kafka::ToStatus(err, fmt::format("producing to topic '{}'", topic));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return absl::DeadlineExceededError("Kafka takes no more records for now");
    }
    rd_kafka_poll(client_.get(), kafka::ToMilliseconds(kPoll));
  }
  return failure_;
}

absl::Status KafkaProducer::Flush(absl::Duration timeout) {
  const rd_kafka_resp_err_t err = rd_kafka_flush(client_.get(), kafka::ToMilliseconds(timeout));
  if (!failure_.ok()) {
    return failure_;
  }
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::DeadlineExceededError(
        fmt::format("{} records have not arrived at Kafka yet", rd_kafka_outq_len(client_.get())));
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
