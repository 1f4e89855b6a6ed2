// Makes batches durable beside the engine thread: one at a time, in order.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "daemon/base/mutex.h"
#include "daemon/engine/engine_metrics.h"
#include "daemon/notify/outbox_entry.h"
#include "daemon/store/state_store.h"

namespace kpiwatch {

// Concurrency: Submit and Wait from one thread.
class Committer {
 public:
  // Both are borrowed. `beside` false: Submit writes by itself before it returns, so that a seeded
  // simulation has one order of things.
  Committer(StateStore* store, EngineMetrics* metrics, bool beside);
  ~Committer();

  // Begins to write `batch`, which nobody else touches until Wait returns, with the segments of
  // `entries`; calls `durable` on the committing thread when it is on disk. REQUIRES: nothing is
  // under way.
  void Submit(WriteBatch* batch, std::shared_ptr<const EntryBlock> entries,
              std::function<void()> durable);
  // Returns when nothing is under way: how the last batch went. After an error nothing more is
  // written.
  absl::Status Wait();

 private:
  void Run();
  struct Task {
    WriteBatch* batch = nullptr;
    std::shared_ptr<const EntryBlock> entries;
    std::function<void()> durable;
  };
  absl::Status Write(const Task& task);

  StateStore* const store_;
  EngineMetrics* const metrics_;
  const bool beside_;
  Mutex mu_;
  CondVar changed_;
  std::optional<Task> task_ ABSL_GUARDED_BY(mu_);  // under way
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace kpiwatch
