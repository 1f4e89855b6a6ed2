// Takes from the outbox what no receiver gets.
#pragma once

#include <cstdint>

#include "daemon/notify/dead_letter_file.h"
#include "daemon/notify/outbox_worker.h"

namespace kpiwatch {

// Writes the dead letters that have no topic to the file and counts, once for the whole daemon, the
// transitions that no channel sends, each under its reason. While the file cannot be written
// nothing is acknowledged.
class DeadLetterWorker final : public OutboxWorker {
 public:
  // `file` outlives the worker.
  DeadLetterWorker(uint64_t cursor, DeadLetterFile* file, const WorkerEnvironment& environment);
  bool RunOnce(const std::stop_token& stop) override;

 private:
  void CountUndelivered(const DeliveryPlanner& planner, std::span<const SharedEntry> step);
  bool Store(std::span<const SharedEntry> entries, const std::stop_token& stop);

  DeadLetterFile* const file_;
  Backoff backoff_;
  bool failed_ = false;  // the last write did, and was logged
};

}  // namespace kpiwatch
