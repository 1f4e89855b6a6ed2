#include "daemon/notify/kafka/outbox_cursor.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "daemon/base/status_macros.h"
#include "daemon/kafka/client.h"
#include "daemon/kafka/error.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch {

// A consumer of its own: the request of the same kind on the producer's handle can crash version
// 2.0 of the library when the coordinator is not ready.
absl::StatusOr<std::optional<OutboxCursor>> ReadCursor(const kafka::Cluster& cluster,
                                                       const CursorPlace& place, CursorRead read,
                                                       absl::Duration timeout) {
  constexpr std::string_view kContext = "reading the outbox cursor";
  // The library warns of the user's properties for producers; errors come back as statuses.
  const std::vector<kafka::Property> defaults = {{"client.id", "kpiwatch"}, {"log_level", "2"}};
  KPIWATCH_ASSIGN_OR_RETURN(kafka::ConfPtr conf, kafka::MakeConf(cluster, defaults, {}));
  rd_kafka_conf_set(conf.get(), "group.id", place.group.c_str(), nullptr, 0);
  rd_kafka_conf_set(conf.get(), "isolation.level",
                    read == CursorRead::kStable ? "read_committed" : "read_uncommitted", nullptr,
                    0);
  KPIWATCH_ASSIGN_OR_RETURN(const kafka::ClientPtr client,
                            kafka::NewClient(RD_KAFKA_CONSUMER, std::move(conf)));
  const kafka::PartitionsPtr partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), place.topic.c_str(), 0);
  const rd_kafka_resp_err_t err =
      rd_kafka_committed(client.get(), partitions.get(), kafka::ToMilliseconds(timeout));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka::ToStatus(err, kContext);
  }
  const rd_kafka_topic_partition_t& found = partitions->elems[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka::ToStatus(found.err, kContext);
  }
  if (found.offset < 0) {
    return std::nullopt;
  }
  OutboxCursor cursor{.seq = static_cast<uint64_t>(found.offset), .store_uuid = {}};
  if (found.metadata != nullptr) {
    cursor.store_uuid.assign(static_cast<const char*>(found.metadata), found.metadata_size);
  }
  return cursor;
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
