// An EventSource over records in memory, which outlive it as a broker's do: several partitions,
// batches cut at random, reading from the stored positions after a restart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "daemon/ingest/event_source.h"

namespace kpiwatch {

struct ScriptedRecord {
  std::string_view value;  // must outlive the source
  int64_t timestamp_ms = 0;
};

class ScriptedSource final : public EventSource {
 public:
  using Script = std::vector<std::vector<ScriptedRecord>>;  // by partition
  // Draws a number in [0, n), n not included.
  using Draw = std::function<int(int n)>;

  // `script` is borrowed. Each Poll takes from a partition drawn by `draw`, as many as it draws.
  ScriptedSource(std::string name, const Script* script, Draw draw)
      : name_(std::move(name)), script_(script), draw_(std::move(draw)) {
    for (size_t p = 0; p < script->size(); ++p) {
      const auto end = static_cast<int64_t>((*script)[p].size());
      partitions_.push_back({.id = {name_ + ".topic", static_cast<int32_t>(p)},
                             .position = 0,
                             .end = end,
                             .first_seen_end = end,
                             .error = {}});
    }
  }

  // The next Poll fails with `fault` and delivers nothing.
  void FailNextPoll(absl::Status fault) { fault_ = std::move(fault); }
  bool AtEnd() const {
    return std::all_of(partitions_.begin(), partitions_.end(),
                       [](const PartitionState& p) { return p.position == p.end; });
  }
  // What the engine last called durable, by partition; -1: nothing yet.
  const std::vector<int64_t>& committed() const { return committed_; }

  const std::string& name() const override { return name_; }
  absl::Status Start(std::span<const StoredPosition> positions) override {
    for (const StoredPosition& stored : positions) {
      for (PartitionState& partition : partitions_) {
        if (partition.id == stored.id) {
          partition.position = stored.next_offset;
        }
      }
    }
    committed_.assign(partitions_.size(), -1);
    return absl::OkStatus();
  }
  std::unique_ptr<RecordBatch> NewBatch() override { return std::make_unique<Batch>(); }
  absl::Status Poll(size_t max_records, absl::Duration, RecordBatch* batch) override {
    if (!fault_.ok()) {
      return std::exchange(fault_, absl::OkStatus());
    }
    size_t left = 1 + static_cast<size_t>(draw_(static_cast<int>(max_records)));
    for (size_t tries = 0; tries < 2 * partitions_.size() && left > 0; ++tries) {
      const auto p = static_cast<size_t>(draw_(static_cast<int>(partitions_.size())));
      PartitionState& partition = partitions_[p];
      const auto waiting = static_cast<size_t>(partition.end - partition.position);
      const size_t count =
          std::min<size_t>(waiting, 1 + static_cast<size_t>(draw_(static_cast<int>(left))));
      for (size_t i = 0; i < count; ++i) {
        const ScriptedRecord& record = (*script_)[p][static_cast<size_t>(partition.position)];
        static_cast<Batch*>(batch)->Add({.partition = static_cast<uint32_t>(p),
                                         .offset = partition.position,
                                         .timestamp_ms = record.timestamp_ms,
                                         .key = {},
                                         .value = record.value});
        ++partition.position;
      }
      left -= count;
    }
    return absl::OkStatus();
  }
  std::span<const PartitionState> partitions() const override { return partitions_; }
  void Committed(std::span<const StoredPosition> positions) override {
    for (size_t p = 0; p < positions.size(); ++p) {
      committed_[p] = positions[p].next_offset;
    }
  }
  bool ready() const override { return true; }
  absl::Status health() const override { return absl::OkStatus(); }
  void Wake() override {}

 private:
  class Batch final : public RecordBatch {
   public:
    void Add(const Record& record) { records_.push_back(record); }
    void ReadHeaders(const Record&, std::vector<Header>*) const override {}
    void Clear() override { records_.clear(); }
  };

  const std::string name_;
  const Script* const script_;
  const Draw draw_;
  std::vector<PartitionState> partitions_;
  std::vector<int64_t> committed_;
  absl::Status fault_;
};

}  // namespace kpiwatch
