#include "daemon/notify/dead_letter_worker.h"

#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.h"

namespace kpiwatch {

DeadLetterWorker::DeadLetterWorker(uint64_t cursor, DeadLetterFile* file,
                                   const WorkerEnvironment& environment)
    : OutboxWorker(std::string(kDeadLetterFileChannel), cursor, environment),
      file_(file),
      backoff_(environment.retry.initial, environment.retry.max, environment.random()) {}

bool DeadLetterWorker::RunOnce(const std::stop_token& stop) {
  if (DrainedReading()) {
    return false;
  }
  const std::vector<SharedEntry> entries = Read(kPoll, stop);
  if (entries.empty()) {
    return true;
  }
  if (!Store(entries, stop)) {
    return !draining();
  }
  for (const std::span<const SharedEntry> step : SplitIntoSteps(entries)) {
    Count(environment().epochs->Of(step.back().seq())->planner.Undelivered(step));
  }
  SetRead(entries.back().seq());
  AcknowledgeThrough(entries.back().seq());
  return true;
}

// False after an error, once the worker has waited.
bool DeadLetterWorker::Store(std::span<const SharedEntry> entries,
                             const std::stop_token& stop) {
  std::vector<StoredDeadLetter> letters;
  for (const v1::OutboxEntry& entry : entries) {
    if (entry.has_dead_letter() && entry.dead_letter().dead_letter_topic().empty()) {
      letters.push_back({.number = entry.seq(), .letter = entry.dead_letter()});
    }
  }
  if (letters.empty()) {
    return true;
  }
  const absl::Status status = file_->Append(letters);
  if (status.ok()) {
    environment().metrics->sent.With({kDeadLetterFileChannel}).Add(letters.size());
    failed_ = false;
    backoff_.Reset();
    return true;
  }
  environment().metrics->failed.With({kDeadLetterFileChannel, "unavailable"}).Add();
  if (!std::exchange(failed_, true)) {
    Log(LogLevel::kError, "cannot keep dead letters, trying again",
        {{"letters", letters.size()}, {"error", status}});
  }
  WaitUntil(Now() + backoff_.Next(), stop);
  return false;
}

}  // namespace kpiwatch
