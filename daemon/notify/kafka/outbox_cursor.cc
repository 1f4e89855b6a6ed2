#include "daemon/notify/kafka/outbox_cursor.h"

#include <fmt/format.h>

#include <array>

#include "daemon/kafka/client.h"
#include "daemon/kafka/error.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch {
namespace {

constexpr char kContext[] = "reading the outbox cursor";

// The request copies the list.
using RequestPtr =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t,
                    kafka::Destroy<rd_kafka_ListConsumerGroupOffsets_destroy>>;

absl::Status GroupError(const rd_kafka_group_result_t* group) {
  const rd_kafka_error_t* error = rd_kafka_group_result_error(group);
  return error == nullptr ? absl::OkStatus()
                          : kafka::ToStatus(rd_kafka_error_code(error), kContext,
                                            rd_kafka_error_string(error));
}

}  // namespace

absl::StatusOr<std::optional<OutboxCursor>> ReadCursor(rd_kafka_t* client,
                                                       const CursorPlace& place, bool stable,
                                                       absl::Duration timeout) {
  const kafka::PartitionsPtr partition(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partition.get(), place.topic.c_str(), 0);
  const RequestPtr request(
      rd_kafka_ListConsumerGroupOffsets_new(place.group.c_str(), partition.get()));
  const kafka::AdminOptionsPtr options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
  std::array<char, 256> error;
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kafka::ToMilliseconds(timeout),
                                            error.data(), error.size());
  if (rd_kafka_error_t* refused =
          rd_kafka_AdminOptions_set_require_stable_offsets(options.get(), stable ? 1 : 0)) {
    return kafka::ToStatus(refused, kContext);
  }
  const kafka::QueuePtr queue(rd_kafka_queue_new(client));
  rd_kafka_ListConsumerGroupOffsets_t* requests[] = {request.get()};
  rd_kafka_ListConsumerGroupOffsets(client, requests, 1, options.get(), queue.get());
  const kafka::EventPtr event(
      rd_kafka_queue_poll(queue.get(), kafka::ToMilliseconds(2 * timeout)));
  if (event == nullptr) {
    return kafka::ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, kContext);
  }
  if (const rd_kafka_resp_err_t err = rd_kafka_event_error(event.get())) {
    return kafka::ToStatus(err, kContext, rd_kafka_event_error_string(event.get()));
  }
  size_t count = 0;
  const rd_kafka_group_result_t** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  if (count != 1) {
    return absl::UnavailableError(fmt::format("{}: no answer for the group", kContext));
  }
  if (absl::Status status = GroupError(groups[0]); !status.ok()) {
    return status;
  }
  const rd_kafka_topic_partition_list_t* answer = rd_kafka_group_result_partitions(groups[0]);
  if (answer == nullptr || answer->cnt != 1) {
    return absl::UnavailableError(fmt::format("{}: no answer for the partition", kContext));
  }
  const rd_kafka_topic_partition_t& found = answer->elems[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka::ToStatus(found.err, kContext);
  }
  if (found.offset < 0) {
    return std::nullopt;
  }
  return OutboxCursor{
      .seq = static_cast<uint64_t>(found.offset),
      .store_uuid = found.metadata == nullptr
                        ? std::string()
                        : std::string(static_cast<const char*>(found.metadata),
                                      found.metadata_size)};
}

absl::Status CheckCursor(const OutboxCursor& cursor, const CursorPlace& place,
                         const std::string& store_uuid, uint64_t head) {
  const std::string forget = fmt::format(
      "stop the daemon and delete the group '{}' on the brokers (kafka-consumer-groups --delete "
      "--group {})",
      place.group, place.group);
  if (cursor.store_uuid != store_uuid) {
    return absl::FailedPreconditionError(fmt::format(
        "the Kafka group '{}' remembers what another store has published (store '{}', this one is "
        "'{}'). If another daemon runs with this instance, give one of them another `instance`. If "
        "this store takes the other's place, {}: what is in its outbox is then published.",
        place.group, cursor.store_uuid, store_uuid, forget));
  }
  if (cursor.seq > head) {
    return absl::FailedPreconditionError(fmt::format(
        "the Kafka group '{}' remembers {} published entries, but this store has decided only {}: "
        "it is an older copy. Restore the newer store. If that is lost, {}: what this copy decides "
        "again is then published again.",
        place.group, cursor.seq, head, forget));
  }
  return absl::OkStatus();
}

}  // namespace kpiwatch
