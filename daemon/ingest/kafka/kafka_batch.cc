#include "daemon/ingest/kafka/kafka_batch.h"

#include "daemon/model/event.h"

namespace kpiwatch {
namespace {

std::string_view View(const void* data, size_t size) {
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace

void KafkaBatch::ReadHeaders(const Record& record, std::vector<Header>* headers) const {
  const auto* message = static_cast<const rd_kafka_message_t*>(record.native);
  rd_kafka_headers_t* parsed = nullptr;
  if (rd_kafka_message_headers(message, &parsed) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;  // it has none
  }
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(parsed, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    headers->push_back({.name = name, .value = View(value, size)});
  }
}

void KafkaBatch::Clear() {
  for (rd_kafka_message_t* message : messages_) {
    rd_kafka_message_destroy(message);
  }
  messages_.clear();
  records_.clear();
}

int64_t KafkaBatch::TimeOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? kNoTime : timestamp;
}

void KafkaBatch::Add(rd_kafka_message_t* message, uint32_t partition) {
  messages_.push_back(message);
  records_.push_back({.partition = partition,
                      .offset = message->offset,
                      .timestamp_ms = TimeOf(*message),
                      .key = View(message->key, message->key_len),
                      .value = View(message->payload, message->len),
                      .tombstone = message->payload == nullptr,
                      .native = message});
}

}  // namespace kpiwatch
