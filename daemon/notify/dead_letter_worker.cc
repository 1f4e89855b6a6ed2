#include "daemon/notify/dead_letter_worker.h"

#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.h"

namespace kpiwatch {
namespace {

constexpr std::string_view kUnavailable = "unavailable";

}  // namespace

DeadLetterWorker::DeadLetterWorker(uint64_t cursor, DeadLetterFile* file,
                                   const WorkerEnvironment& environment)
    : OutboxWorker(std::string(kDeadLetterFileChannel), cursor, environment),
      file_(file),
      backoff_(environment.retry.initial, environment.retry.max, environment.random()) {
  environment.metrics->failed.Show({kDeadLetterFileChannel, kUnavailable});
}

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
    CountUndelivered(environment().epochs->Of(step.back().seq())->planner, step);
  }
  SetRead(entries.back().seq());
  AcknowledgeThrough(entries.back().seq());
  return true;
}

void DeadLetterWorker::CountUndelivered(const DeliveryPlanner& planner,
                                        std::span<const SharedEntry> step) {
  if (planner.has_receivers() || IsLogged(LogLevel::kDebug)) {
    Count(planner.Undelivered(step));
    return;
  }
  // All go nowhere, and only those with a reason of their own need to be looked into.
  uint64_t no_receiver = 0;
  for (const SharedEntry& entry : step) {
    if (entry.head().is_held_back) {
      Count(planner.Undelivered({&entry, 1}));
    } else if (entry.head().is_transition) {
      ++no_receiver;
    }
  }
  if (no_receiver > 0) {
    environment().metrics->suppressed.With({reason::kNoReceiver}).Add(no_receiver);
  }
}

// False after an error, once the worker has waited.
bool DeadLetterWorker::Store(std::span<const SharedEntry> entries, const std::stop_token& stop) {
  std::vector<StoredDeadLetter> letters;
  for (const SharedEntry& shared : entries) {
    if (shared.head().is_transition) {
      continue;
    }
    const v1::OutboxEntry& entry = shared;
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
  environment().metrics->failed.With({kDeadLetterFileChannel, kUnavailable}).Add();
  if (!std::exchange(failed_, true)) {
    Log(LogLevel::kError, "cannot keep dead letters, trying again",
        {{"letters", letters.size()}, {"error", status}});
  }
  WaitUntil(Now() + backoff_.Next(), stop);
  return false;
}

}  // namespace kpiwatch
