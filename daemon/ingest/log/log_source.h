// The EventSource that reads the durable local log.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/ingest/event_source.h"
#include "daemon/ingest/log/log_reader.h"
#include "daemon/ingest/log/segment_log.h"

namespace kpiwatch {

// One partition, topic "" and number 0; offsets are record numbers. What the engine has committed
// may be dropped by the log's retention. When it cannot be read on, or is not the log that was read
// before, it is not ready, and takes no more records.
class LogSource final : public EventSource {
 public:
  // `log` is borrowed; others may append to it meanwhile.
  LogSource(std::string name, SegmentLog* log);

  const std::string& name() const override { return name_; }
  absl::Status Start(std::span<const StoredPosition> positions) override;
  std::unique_ptr<RecordBatch> NewBatch() override;
  absl::Status Poll(size_t max_records, absl::Duration max_wait, RecordBatch* batch) override;
  std::span<const PartitionState> partitions() const override { return {&state_, 1}; }
  void Committed(std::span<const StoredPosition> positions) override;
  bool ready() const override { return reader_ != nullptr && !state_.failed; }
  absl::Status health() const override;
  void Wake() override { log_->Interrupt(); }

 private:
  // OK when the position of state_ is in the log, behind the record that was read last.
  absl::Status CheckPosition() const;
  void Fail(std::string error);

  const std::string name_;
  SegmentLog* const log_;
  PartitionState state_;
  std::unique_ptr<LogReader> reader_;
  std::vector<LogRecord> read_;
};

}  // namespace kpiwatch
