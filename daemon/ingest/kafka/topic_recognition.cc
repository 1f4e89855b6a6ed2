// Whether a partition is still of the topic whose records were read (D-13): it is known again by
// the record that was read last, and stops where another stands in its place.
#include <utility>

#include "daemon/base/log.h"
#include "daemon/ingest/kafka/kafka_source.h"
#include "daemon/kafka/client.h"
#include "fmt/format.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kCreatedAnew =
    "the topic was created anew, or the store is of another one. Give the source another name to "
    "read the topic from its beginning";

}  // namespace

void KafkaSource::Recognise(uint32_t index, const rd_kafka_message_t& message) {
  const LastRecord expected = std::exchange(expected_[index], {});
  if (message.offset == expected.offset && KafkaBatch::TimeOf(message) != expected.timestamp_ms) {
    table_[index].last = expected;  // what came since may be the other topic's
    Stop(index, fmt::format("the record at offset {} is not the one that was read there: {}",
                            message.offset, kCreatedAnew));
  } else if (expected.offset >= 0) {
    watch_->Recognised(table_[index].id, table_[index].last);
  }
}

void KafkaSource::LookAgain(const DoubtfulPartition& doubtful) {
  const auto& [now, last] = doubtful;
  const uint32_t index = table_.Find(now.id);
  // One that is not recognised yet goes on with what it was asked for.
  if (index == PartitionTable::kNone || table_[index].failed || expected_[index].offset >= 0 ||
      last.timestamp_ms == kNoTime || last.offset < now.begin) {
    return;
  }
  Log(LogLevel::kInfo, "looking whether a partition is still the same",
      {{"source", name_}, {"topic", now.id.topic}, {"partition", now.id.partition}});
  if (last.offset >= now.end) {
    StopAtEnd(index, now.end, last);
    return;
  }
  expected_[index] = last;
  ReadFrom(now.id, last.offset);
}

void KafkaSource::StopAtEnd(uint32_t index, int64_t end, const LastRecord& last) {
  table_[index].last = last;
  Stop(index, fmt::format("it ends at offset {}, and was read up to {}: {}", end,
                          table_[index].position, kCreatedAnew));
}

void KafkaSource::ReadFrom(const PartitionId& id, int64_t offset) {
  Unassign(id);
  const kafka::PartitionsPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), id.topic.c_str(), id.partition)->offset = offset;
  Assign(list.get());
}

void KafkaSource::TakeOutOfRange(uint32_t index) {
  PartitionState& state = table_[index];
  if (const LastRecord expected = std::exchange(expected_[index], {}); expected.offset >= 0) {
    // The record to be recognised may have been deleted just now: what counts is the position.
    state.last = expected;
    ReadFrom(state.id, state.position);
    return;
  }
  Stop(index,
       fmt::format("offset {} is not on the broker, which held {} to {} when it was asked: records "
                   "were deleted before they were read, or {}",
                   state.position, begins_[index], state.end, kCreatedAnew));
}

}  // namespace kpiwatch
