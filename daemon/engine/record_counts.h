// Records by source, partition and result: counted locally, in the metrics once they are durable.
//
// Concurrency: owned by the engine thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/engine/core_types.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/engine/pending_event.h"

namespace kpiwatch {

class RecordCounts {
 public:
  explicit RecordCounts(size_t sources) : counts_(sources), staged_(sources) {}

  size_t partitions(uint32_t source) const { return counts_[source].size(); }
  void AddPartition(uint32_t source, std::string topic) {
    counts_[source].push_back({std::move(topic), {}});
  }
  // REQUIRES: its partition was added.
  uint64_t& Of(const Origin& origin, BookingResult result) {
    return counts_[origin.source][origin.partition].counts[result];
  }

  // What was counted so far goes with the present step.
  void Stage();
  // That step is durable.
  void CountDurable(EngineMetrics* metrics);

 private:
  struct Partition {
    std::string topic;
    std::array<uint64_t, kResults> counts{};
  };
  std::vector<std::vector<Partition>> counts_, staged_;  // by source and partition
};

}  // namespace kpiwatch
