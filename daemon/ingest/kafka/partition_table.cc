#include "daemon/ingest/kafka/partition_table.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"

namespace kpiwatch {

uint32_t PartitionTable::Add(PartitionState state) {
  KPIWATCH_CHECK(Find(state.id) == kNone, "a partition is added once");
  const auto index = static_cast<uint32_t>(states_.size());
  Indices& indices = topics_[state.id.topic];
  const auto partition = static_cast<size_t>(state.id.partition);
  if (indices.size() <= partition) {
    indices.resize(partition + 1, kNone);
  }
  indices[partition] = index;
  states_.push_back(std::move(state));
  return index;
}

uint32_t PartitionTable::Find(const PartitionId& id) const {
  const auto topic = topics_.find(id.topic);
  if (topic == topics_.end() || id.partition < 0 ||
      static_cast<size_t>(id.partition) >= topic->second.size()) {
    return kNone;
  }
  return topic->second[static_cast<size_t>(id.partition)];
}

void PartitionTable::SelectTopic(rd_kafka_topic_t* topic) {
  last_indices_ = &topics_[rd_kafka_topic_name(topic)];
  last_topic_ = topic;
}

void PartitionTable::RaiseEnds() {
  for (PartitionState& state : states_) {
    state.end = std::max(state.end, state.position);
  }
}

int64_t PartitionTable::Backlog() const {
  int64_t backlog = 0;
  for (const PartitionState& state : states_) {
    if (!state.failed) {
      backlog += std::max<int64_t>(state.end - state.position, 0);
    }
  }
  return backlog;
}

}  // namespace kpiwatch
