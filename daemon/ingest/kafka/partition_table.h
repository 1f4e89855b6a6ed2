// The partitions of a source: their states, and quick finding of the one a message belongs to.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/ingest/event_source.h"

namespace kpiwatch {

// Not thread-safe. Indices never change.
class PartitionTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // REQUIRES: not in the table yet.
  uint32_t Add(PartitionState state);
  uint32_t Find(const PartitionId& id) const;
  // The partition of a message of the client whose topic handles these are; kNone when it is not in
  // the table. One comparison as long as the topic stays the same.
  uint32_t Find(rd_kafka_topic_t* topic, int32_t partition) {
    if (topic != last_topic_) [[unlikely]] {
      SelectTopic(topic);
    }
    return static_cast<size_t>(partition) < last_indices_->size() ? (*last_indices_)[partition]
                                                                  : kNone;
  }

  // To be called before a topic may leave the client: its handle's address may come again.
  void ForgetHandle() { last_topic_ = nullptr; }

  PartitionState& operator[](uint32_t index) { return states_[index]; }
  std::span<const PartitionState> states() const { return states_; }
  // No end is behind its position.
  void RaiseEnds();
  // Records between what was read and the ends last heard of, failed partitions left out.
  int64_t Backlog() const;

 private:
  using Indices = std::vector<uint32_t>;  // by partition number; kNone in gaps

  void SelectTopic(rd_kafka_topic_t* topic);

  std::vector<PartitionState> states_;
  std::map<std::string, Indices, std::less<>> topics_;  // stable addresses
  rd_kafka_topic_t* last_topic_ = nullptr;
  const Indices* last_indices_ = nullptr;
};

}  // namespace kpiwatch
