// What every reader of the outbox needs, and how it is run and stopped.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daemon/base/backoff.h"
#include "daemon/base/clock.h"
#include "daemon/notify/epochs.h"
#include "daemon/notify/notify_metrics.h"
#include "daemon/notify/outbox_reader.h"
#include "daemon/notify/pause.h"
#include "daemon/notify/send_queue.h"

namespace kpiwatch {

// What the workers share. The pointers outlive them.
struct WorkerEnvironment {
  OutboxReader* outbox = nullptr;
  const Epochs* epochs = nullptr;
  const Clock* clock = nullptr;  // for waits: retries do not follow the business clock (D-01)
  Pause* pause = nullptr;
  NotifyMetrics* metrics = nullptr;
  RetryPolicy retry;
  std::function<UniformRandom()> random = SystemRandom;  // a source of its own for each worker
};

// Reads the outbox under one name from one thread. Subclasses say what they do with what they read.
// Run, RunOnce and the protected members belong to the worker's thread; the others to any thread.
class OutboxWorker {
 public:
  // Entries per read, and so the largest step that becomes one message.
  static constexpr size_t kReadMax = 10'000;
  // The longest wait before the worker looks up whether something has changed.
  static constexpr absl::Duration kPoll = absl::Milliseconds(250);

  // Starts behind the entry numbered `cursor`.
  OutboxWorker(std::string name, uint64_t cursor, WorkerEnvironment environment);
  virtual ~OutboxWorker() = default;
  OutboxWorker(const OutboxWorker&) = delete;
  OutboxWorker& operator=(const OutboxWorker&) = delete;

  const std::string& name() const { return name_; }
  // Everything up to here was read and decided about.
  uint64_t read_through() const { return read_through_.load(); }

  // From now on the worker waits for nothing: it ends when what it can do without waiting is done
  // up to the entry numbered `through`.
  void Drain(uint64_t through) { drain_through_.store(through); }

  // Works until stopped or drained.
  void Run(const std::stop_token& stop);
  // One round: an attempt, a read or a wait. False when drained.
  virtual bool RunOnce(const std::stop_token& stop) = 0;

 protected:
  bool draining() const { return drain_through_.load() != kNoDrain; }
  bool DrainedReading() const { return draining() && read_through() >= drain_through_.load(); }

  // Reads what comes next, waiting at most `wait` (not at all while draining). After an error: logs
  // it, waits, returns nothing. The entries count as read only after SetRead.
  std::vector<SharedEntry> Read(absl::Duration wait, const std::stop_token& stop);
  void SetRead(uint64_t through) { read_through_.store(through); }
  // Waits for at most kPoll, until `until` at the latest; not at all while draining.
  void WaitUntil(absl::Time until, const std::stop_token& stop);
  // Tells the outbox, where it is news.
  void AcknowledgeThrough(uint64_t seq);
  // Counts the decisions that are not to send.
  void Count(const std::vector<Decision>& decisions);

  const WorkerEnvironment& environment() const { return environment_; }
  absl::Time Now() const { return environment_.clock->Now(); }

 private:
  static constexpr uint64_t kNoDrain = std::numeric_limits<uint64_t>::max();

  const std::string name_;
  const WorkerEnvironment environment_;
  std::atomic<uint64_t> read_through_;
  std::atomic<uint64_t> drain_through_ = kNoDrain;
  uint64_t acknowledged_;
  Backoff read_backoff_;
  bool read_failed_ = false;  // the last read did, and was logged
};

// Cuts `entries` where the step changes; dead letters stay with what stands before them. Every part
// has an entry.
std::vector<std::span<const SharedEntry>> SplitIntoSteps(std::span<const SharedEntry> entries);

}  // namespace kpiwatch
