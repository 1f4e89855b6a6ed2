#include "daemon/notify/kafka/transactional_producer.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "daemon/base/check.h"
#include "daemon/base/status_macros.h"
#include "daemon/kafka/client.h"
#include "daemon/kafka/error.h"

namespace kpiwatch {
namespace {

// One round of a call that can be repeated: how long a stop may have to wait.
constexpr absl::Duration kRound = absl::Seconds(2);
constexpr absl::Duration kTransactionTimeout = absl::Seconds(60);

constexpr std::array kDefaults = {
    kafka::Property{"client.id", "kpiwatch"},
    kafka::Property{"enable.idempotence", "true"},
    kafka::Property{"transaction.timeout.ms", "60000"},
    kafka::Property{"acks", "all"},
    // How long a broker that hangs goes unnoticed; the library's own value is a minute.
    kafka::Property{"socket.timeout.ms", "10000"},
    // A report for every record wakes the commit; without, it looks every 10 ms whether all are
    // out.
    kafka::Property{"delivery.report.only.error", "false"},
    kafka::Property{"linger.ms", "0"},  // a transaction is sent at once, whole
    kafka::Property{"compression.type", "lz4"},
    kafka::Property{"message.max.bytes", "8388608"},   // the broker's limit is what counts
    kafka::Property{"partitioner", "murmur2_random"},  // the same as the Java clients'
    kafka::Property{"retry.backoff.ms", "5"},
    kafka::Property{"reconnect.backoff.ms", "100"},
    kafka::Property{"reconnect.backoff.max.ms", "2000"},
    kafka::Property{"socket.keepalive.enable", "true"},
    kafka::Property{"socket.nagle.disable", "true"},
};

}  // namespace

absl::StatusOr<std::unique_ptr<TransactionalProducer>> TransactionalProducer::Create(
    const kafka::Cluster& cluster, const std::string& transactional_id, OnHeldUp on_held_up) {
  KPIWATCH_ASSIGN_OR_RETURN(kafka::ConfPtr conf,
                            kafka::MakeConf(cluster, kDefaults, kafka::kReservedForWriting));
  std::unique_ptr<TransactionalProducer> producer(new TransactionalProducer());
  producer->on_held_up_ = std::move(on_held_up);
  rd_kafka_conf_set(conf.get(), "transactional.id", transactional_id.c_str(), nullptr, 0);
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  KPIWATCH_ASSIGN_OR_RETURN(producer->client_,
                            kafka::NewClient(RD_KAFKA_PRODUCER, std::move(conf)));
  return producer;
}

TransactionalProducer::~TransactionalProducer() {
  if (open_ && rd_kafka_fatal_error(client_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // So that readers need not wait for the time-out. If it fails, that is what they do.
    const kafka::ErrorPtr ignored(
        rd_kafka_abort_transaction(client_.get(), kafka::ToMilliseconds(kRound)));
  }
}

// Runs in the thread that is inside Commit or the destructor.
void TransactionalProducer::OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                                       void* self) {
  if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    static_cast<TransactionalProducer*>(self)->oversized_.insert(
        reinterpret_cast<uintptr_t>(message->_private));
  }
}

template <typename Call>
absl::Status TransactionalProducer::Persist(std::string_view context, const std::stop_token& stop,
                                            Call call) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    rd_kafka_error_t* error = call(kafka::ToMilliseconds(kRound));
    if (error == nullptr || rd_kafka_error_is_retriable(error) == 0 || stop.stop_requested()) {
      return Judge(error, context);
    }
    const absl::Status status = kafka::ToStatus(error, context);
    // An answer that asks for patience is no trouble yet.
    if (std::chrono::steady_clock::now() - begin >= absl::ToChronoSeconds(kRound)) {
      on_held_up_(status);
    }
  }
}

// A coordinator that gives up a transaction after its time-out does so by fencing its producer:
// that is no other producer's doing.
absl::Status TransactionalProducer::Judge(rd_kafka_error_t* error, std::string_view context) {
  absl::Status status = kafka::ToStatus(error, context);
  if (absl::IsAborted(status) && open_ &&
      std::chrono::steady_clock::now() - begun_ >= absl::ToChronoSeconds(kTransactionTimeout)) {
    return absl::UnavailableError(absl::StrCat(status.message(), "; the transaction timed out"));
  }
  return status;
}

absl::Status TransactionalProducer::Init(const std::stop_token& stop) {
  return Persist("taking over the transactional id", stop, [this](int timeout_ms) {
    return rd_kafka_init_transactions(client_.get(), timeout_ms);
  });
}

absl::Status TransactionalProducer::Begin() {
  KPIWATCH_CHECK(!open_, "one transaction at a time");
  KPIWATCH_RETURN_IF_ERROR(
      Judge(rd_kafka_begin_transaction(client_.get()), "beginning a transaction"));
  open_ = true;
  begun_ = std::chrono::steady_clock::now();
  return absl::OkStatus();
}

absl::Status TransactionalProducer::Send(const std::string& topic, std::string_view key,
                                         std::string_view value,
                                         std::span<const KafkaHeader> headers, uint64_t tag) {
  KPIWATCH_CHECK(open_, "records are sent inside a transaction");
  kafka::HeadersPtr list(headers.empty() ? nullptr : rd_kafka_headers_new(headers.size()));
  for (const KafkaHeader& header : headers) {
    rd_kafka_header_add(list.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  // NOLINTBEGIN(cppcoreguidelines-pro-type-cstyle-cast): inside the library's macros
  const rd_kafka_resp_err_t err = rd_kafka_producev(
      client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
      RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
      RD_KAFKA_V_VALUE(value.empty() ? nullptr : const_cast<char*>(value.data()), value.size()),
      RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(tag)),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  // NOLINTEND(cppcoreguidelines-pro-type-cstyle-cast)
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka::ToStatus(err, absl::StrCat("producing to topic '", topic, "'"));
  }
  (void)list.release();  // the message's now
  return absl::OkStatus();
}

absl::Status TransactionalProducer::Commit(const CursorPlace& place, const OutboxCursor& cursor,
                                           const std::stop_token& stop) {
  KPIWATCH_CHECK(open_, "a transaction is begun before it is committed");
  const kafka::PartitionsPtr offsets(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* partition =
      rd_kafka_topic_partition_list_add(offsets.get(), place.topic.c_str(), 0);
  partition->offset = static_cast<int64_t>(cursor.seq);
  partition->metadata = rd_kafka_mem_malloc(client_.get(), cursor.store_uuid.size());
  partition->metadata_size = cursor.store_uuid.size();
  cursor.store_uuid.copy(static_cast<char*>(partition->metadata), cursor.store_uuid.size());
  const kafka::GroupMetadataPtr group(rd_kafka_consumer_group_metadata_new(place.group.c_str()));
  KPIWATCH_RETURN_IF_ERROR(Persist("adding the cursor", stop, [&](int timeout_ms) {
    return rd_kafka_send_offsets_to_transaction(client_.get(), offsets.get(), group.get(),
                                                timeout_ms);
  }));
  KPIWATCH_RETURN_IF_ERROR(Persist("committing a transaction", stop, [&](int timeout_ms) {
    return rd_kafka_commit_transaction(client_.get(), timeout_ms);
  }));
  open_ = false;
  return absl::OkStatus();
}

}  // namespace kpiwatch
