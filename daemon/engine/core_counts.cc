// What the core counts of its records: gathered locally, public when the step is durable.
#include <string_view>
#include <utility>

#include "daemon/engine/core.h"
#include "daemon/engine/record_counts.h"

namespace kpiwatch {

void RecordCounts::Stage() {
  for (size_t s = 0; s < counts_.size(); ++s) {
    staged_[s].resize(counts_[s].size());
    for (size_t p = 0; p < counts_[s].size(); ++p) {
      staged_[s][p].topic = counts_[s][p].topic;
      for (size_t r = 0; r < kResults; ++r) {
        staged_[s][p].counts[r] += std::exchange(counts_[s][p].counts[r], 0);
      }
    }
  }
}

void RecordCounts::CountDurable(EngineMetrics* metrics) {
  static constexpr std::array<std::string_view, kResults> kNames = {
      "accepted", "duplicate", "late", "too_late", "ignored", "heartbeat", "conflict", "stale"};
  for (std::vector<Partition>& source : staged_) {
    for (Partition& partition : source) {
      for (size_t r = 0; r < kResults; ++r) {
        if (partition.counts[r] > 0) {
          metrics->ingest_records.With({partition.topic, kNames[r]})
              .Add(std::exchange(partition.counts[r], 0));
        }
      }
    }
  }
}

void Core::MeetPartition(const Origin& origin, std::span<const PartitionState> partitions) {
  const std::string& source = (*options_.sources)[origin.source].name;
  while (counts_.partitions(origin.source) <= origin.partition) {
    const size_t p = counts_.partitions(origin.source);
    const bool named = p < partitions.size() && !partitions[p].id.topic.empty();
    counts_.AddPartition(origin.source, named ? partitions[p].id.topic : source);
  }
  while (promised_[origin.source].size() <= origin.partition) {
    const auto p = static_cast<uint32_t>(promised_[origin.source].size());
    promised_[origin.source].emplace_back();
    NotePromises({origin.source, p});
  }
}

void Core::CountDurable() {
  counts_.CountDurable(metrics_);
  for (size_t r = 0; r < open_evaluations_.size(); ++r) {
    if (open_evaluations_[r] > 0) {
      evaluations_[r]->Add(std::exchange(open_evaluations_[r], 0));
    }
  }
  metrics_->dedup_window_ids.Set(static_cast<double>(dedup_->size()));
}

}  // namespace kpiwatch
