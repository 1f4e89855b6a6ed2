#include "daemon/ingest/kafka/group_commits.h"

#include "daemon/base/log.h"
#include "daemon/kafka/handle.h"

namespace kpiwatch {

void GroupCommits::Remember(std::span<const StoredPosition> positions) {
  MutexLock lock(&mu_);
  for (const StoredPosition& p : positions) {
    pending_[p.id] = p.next_offset;
  }
}

void GroupCommits::Send(rd_kafka_t* client, rd_kafka_queue_t* answers) {
  kafka::PartitionsPtr offsets;
  {
    MutexLock lock(&mu_);
    if (under_way_ || pending_.empty()) {
      return;
    }
    offsets.reset(rd_kafka_topic_partition_list_new(static_cast<int>(pending_.size())));
    for (const auto& [id, next_offset] : pending_) {
      rd_kafka_topic_partition_list_add(offsets.get(), id.topic.c_str(), id.partition)->offset =
          next_offset;
    }
    pending_.clear();
    under_way_ = true;
  }
  const rd_kafka_resp_err_t err =
      rd_kafka_commit_queue(client, offsets.get(), answers, nullptr, nullptr);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    MutexLock lock(&mu_);
    under_way_ = false;
  }
}

void GroupCommits::Finish(rd_kafka_event_t* event) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    Log(LogLevel::kDebug, "the courtesy commit of positions to the Kafka group failed",
        {{"error", rd_kafka_event_error_string(event)}});
  }
  MutexLock lock(&mu_);
  under_way_ = false;
}

}  // namespace kpiwatch
