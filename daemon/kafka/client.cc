#include "daemon/kafka/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "daemon/base/log.h"
#include "daemon/kafka/error.h"

namespace kpiwatch::kafka {
namespace {

LogLevel LevelOf(int syslog_level) {
  if (syslog_level <= 2) {
    return LogLevel::kError;
  }
  if (syslog_level <= 4) {
    return LogLevel::kWarn;
  }
  return syslog_level <= 6 ? LogLevel::kInfo : LogLevel::kDebug;
}

// Called by the library's own threads.
void TakeLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  Log(LevelOf(level), "Kafka client",
      {{"client", rd_kafka_name(client)}, {"facility", facility}, {"text", text}});
}

}  // namespace

absl::StatusOr<ClientPtr> NewClient(rd_kafka_type_t type, ConfPtr conf) {
  std::array<char, 512> error;
  rd_kafka_conf_set_log_cb(conf.get(), TakeLog);
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), error.data(), error.size());
  if (client == nullptr) {
    return absl::InvalidArgumentError(fmt::format("Kafka client: {}", error.data()));
  }
  (void)conf.release();  // the client's now
  return ClientPtr(client);
}

absl::StatusOr<int> PartitionCount(rd_kafka_t* client, const std::string& topic,
                                   absl::Duration timeout) {
  const std::string context = fmt::format("topic '{}'", topic);
  const TopicPtr handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (handle == nullptr) {
    return ToStatus(rd_kafka_last_error(), context);
  }
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t err =
      rd_kafka_metadata(client, 0, handle.get(), &answer, ToMilliseconds(timeout));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(err, context);
  }
  const MetadataPtr metadata(answer);
  if (metadata->topic_cnt != 1) {
    return ToStatus(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, context);
  }
  if (metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(metadata->topics[0].err, context);
  }
  return metadata->topics[0].partition_cnt;
}

absl::Status CreateTopic(rd_kafka_t* client, const std::string& topic, absl::Duration timeout) {
  const std::string context = fmt::format("creating topic '{}'", topic);
  constexpr int kClusterDefault = -1;
  std::array<char, 512> error;
  const NewTopicPtr request(rd_kafka_NewTopic_new(topic.c_str(), kClusterDefault, kClusterDefault,
                                                  error.data(), error.size()));
  if (request == nullptr) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", context, error.data()));
  }
  const AdminOptionsPtr options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), ToMilliseconds(timeout), error.data(),
                                            error.size());
  const QueuePtr queue(rd_kafka_queue_new(client));
  std::array<rd_kafka_NewTopic_t*, 1> requests = {request.get()};
  rd_kafka_CreateTopics(client, requests.data(), requests.size(), options.get(), queue.get());
  const EventPtr event(rd_kafka_queue_poll(queue.get(), ToMilliseconds(2 * timeout)));
  if (event == nullptr) {
    return ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, context);
  }
  if (const rd_kafka_resp_err_t err = rd_kafka_event_error(event.get())) {
    return ToStatus(err, context, rd_kafka_event_error_string(event.get()));
  }
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      return ToStatus(err, context);
    }
  }
  return absl::OkStatus();
}

int ToMilliseconds(absl::Duration timeout) {
  if (timeout <= absl::ZeroDuration()) {
    return 0;
  }
  const int64_t ms = absl::ToInt64Milliseconds(absl::Ceil(timeout, absl::Milliseconds(1)));
  return static_cast<int>(std::min<int64_t>(ms, std::numeric_limits<int>::max()));
}

}  // namespace kpiwatch::kafka
